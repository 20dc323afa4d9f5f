// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;

namespace Sluice.Demo;

/// <summary>The JSON Lines file of the capture: what each process sent and received, put together again.</summary>
internal sealed class CapturedText
{
    private readonly Dictionary<(int ProcessId, string Direction), StringBuilder> _bodies = [];

    /// <summary>Events in the file.</summary>
    public int Count { get; private set; }

    public static CapturedText Read(string path)
    {
        var text = new CapturedText();
        foreach (string line in File.ReadLines(path))
        {
            text.Add(line);
        }

        return text;
    }

    /// <summary>Whether the process sent <paramref name="words"/>.</summary>
    public bool Sent(int processId, string words) => Contains(processId, "transmit", words);

    /// <summary>Whether the process received <paramref name="words"/>.</summary>
    public bool Received(int processId, string words) => Contains(processId, "receive", words);

    private void Add(string line)
    {
        using JsonDocument parsed = JsonDocument.Parse(line);
        JsonElement root = parsed.RootElement;
        Count++;
        if (root.GetProperty("event_name").GetString() != "tls.data" || !root.TryGetProperty("body", out JsonElement body))
        {
            return;
        }

        var key = (root.GetProperty("process.pid").GetInt32(), root.GetProperty("network.io.direction").GetString() ?? "");
        if (!_bodies.TryGetValue(key, out StringBuilder? bodies))
        {
            _bodies.Add(key, bodies = new StringBuilder());
        }

        bodies.Append(body.GetString());
    }

    private bool Contains(int processId, string direction, string words) =>
        _bodies.TryGetValue((processId, direction), out StringBuilder? bodies) && bodies.ToString().Contains(words, StringComparison.Ordinal);
}
