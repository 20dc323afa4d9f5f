// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Confluent.Kafka;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Reads records of the JSON encoding, of one event or of many.</summary>
internal static class JsonRecords
{
    /// <summary>Connection and sequence number of every event in a record.</summary>
    public static IReadOnlyList<(string Connection, long Sequence)> EventsOf(ConsumeResult<byte[], byte[]> record)
    {
        using JsonDocument value = JsonDocument.Parse(record.Message.Value);
        JsonElement root = value.RootElement;
        return [.. (root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().AsEnumerable() : [root]).Select(Read)];
    }

    /// <summary>Fails unless the records hold the numbers 0 to <paramref name="perConnection"/> of every connection, each once and in order.</summary>
    public static void AssertComplete(IReadOnlyList<ConsumeResult<byte[], byte[]>> records, int connections, int perConnection) =>
        AssertComplete(records.SelectMany(EventsOf), connections, perConnection);

    /// <inheritdoc cref="AssertComplete(IReadOnlyList{ConsumeResult{byte[], byte[]}}, int, int)"/>
    public static void AssertComplete(IEnumerable<(string Connection, long Sequence)> events, int connections, int perConnection)
    {
        var byConnection = events.GroupBy(e => e.Connection, e => e.Sequence).ToArray();
        Assert.Equal(connections, byConnection.Length);
        Assert.All(byConnection, sequences => Assert.Equal(Enumerable.Range(0, perConnection).Select(n => (long)n), sequences));
    }

    private static (string Connection, long Sequence) Read(JsonElement element) =>
        (element.GetProperty("sluice.connection.id").GetString()!, element.GetProperty("sluice.sequence").GetInt64());
}
