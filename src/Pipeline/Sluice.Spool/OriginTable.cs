// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Numerics;
using System.Text.Json;
using Sluice.Pipeline.Encoding;

namespace Sluice.Spool;

/// <summary>
/// The origins of batches as their rows have them, <c>["host.name value",{"attribute":"value"}]</c>, and back. An origin is one object for each run, also for
/// those that come from disk. Not thread-safe.
/// </summary>
internal sealed class OriginTable
{
    /// <summary>A host's spool has a handful; that of a relay has one for each host of its fleet. Beyond this it starts anew.</summary>
    private const int MaxOrigins = 1024;

    private readonly Dictionary<EventOrigin, byte[]> _bytes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(ulong RunId, uint Crc), (byte[] Bytes, EventOrigin Origin)> _origins = [];

    /// <summary>What a row holds of an origin, beside its run id.</summary>
    public ReadOnlySpan<byte> BytesOf(EventOrigin origin)
    {
        if (!_bytes.TryGetValue(origin, out byte[]? bytes))
        {
            bytes = Encode(origin);
            Trim(_bytes);
            _bytes.Add(origin, bytes);
        }

        return bytes;
    }

    /// <summary>The origin that a row holds; null when it is none.</summary>
    public EventOrigin? Find(ulong runId, ReadOnlySpan<byte> bytes)
    {
        (ulong, uint) key = (runId, Crc(bytes));
        if (_origins.TryGetValue(key, out (byte[] Bytes, EventOrigin Origin) known) && bytes.SequenceEqual(known.Bytes))
        {
            return known.Origin;
        }

        EventOrigin? origin = TryDecode(runId, bytes);
        if (origin is not null)
        {
            Trim(_origins);
            _origins[key] = (bytes.ToArray(), origin);
        }

        return origin;
    }

    private static void Trim<TKey, TValue>(Dictionary<TKey, TValue> table)
        where TKey : notnull
    {
        if (table.Count >= MaxOrigins)
        {
            table.Clear();
        }
    }

    private static byte[] Encode(EventOrigin origin)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(origin.HostName);
            writer.WriteStartObject();
            foreach ((string name, string value) in origin.Attributes)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        return output.WrittenSpan.ToArray();
    }

    private static EventOrigin? TryDecode(ulong runId, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            using JsonDocument json = JsonDocument.ParseValue(ref reader);
            var attributes = new List<KeyValuePair<string, string>>();
            foreach (JsonProperty attribute in json.RootElement[1].EnumerateObject())
            {
                attributes.Add(new(attribute.Name, attribute.Value.GetString() ?? ""));
            }

            return new EventOrigin(json.RootElement[0].GetString() ?? "", runId, attributes);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte part in bytes)
        {
            crc = BitOperations.Crc32C(crc, part);
        }

        return crc;
    }
}
