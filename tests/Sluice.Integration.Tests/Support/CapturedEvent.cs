// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Sluice.Integration.Tests.Support;

/// <summary>One line of a JSON Lines sink, read back by the BCL's own parser.</summary>
internal sealed class CapturedEvent
{
    private readonly JsonElement _root;

    private CapturedEvent(JsonElement root)
    {
        _root = root;
        Body = root.TryGetProperty("body", out JsonElement text) ? Encoding.UTF8.GetBytes(text.GetString()!)
            : root.TryGetProperty("body_base64", out JsonElement base64) ? base64.GetBytesFromBase64()
            : [];
    }

    public byte[] Body { get; }

    public string Text => Encoding.Latin1.GetString(Body);

    public string Name => String("event_name")!;

    public int Pid => (int)Number("process.pid");

    public string Direction => String("network.io.direction")!;

    public string Connection => String("sluice.connection.id")!;

    public long Sequence => Number("sluice.sequence");

    public string Uid => String("log.record.uid")!;

    public static IReadOnlyList<CapturedEvent> Read(string path, string name = "tls.data") =>
        File.Exists(path) ? [.. File.ReadLines(path).Select(line => new CapturedEvent(JsonDocument.Parse(line).RootElement)).Where(e => e.Name == name)] : [];

    public string? String(string name) => _root.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public long Number(string name) => _root.GetProperty(name).GetInt64();

    public bool Has(string name) => _root.TryGetProperty(name, out _);

    public override string ToString() => _root.GetRawText();
}
