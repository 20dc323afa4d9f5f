// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Sluice.Demo;

/// <summary>The ledger file that the capture left: read here without the collector's code, and added up again.</summary>
internal sealed class FinalLedger
{
    private readonly JsonElement _root;

    private FinalLedger(JsonElement root) => _root = root;

    public long Submitted => _root.GetProperty("submitted").GetInt64();

    public long Read => _root.GetProperty("read").GetInt64();

    public long Filtered => _root.GetProperty("filtered").GetInt64();

    public long KernelLost => Total(_root.GetProperty("kernel_lost"));

    public IEnumerable<string> Sinks => _root.GetProperty("sinks").EnumerateObject().Select(static sink => sink.Name);

    public static FinalLedger Load(string path)
    {
        using JsonDocument parsed = JsonDocument.Parse(File.ReadAllBytes(path));
        return new FinalLedger(parsed.RootElement.Clone());
    }

    public long Delivered(string sink) => Sink(sink, "delivered");

    /// <exception cref="DemoException">A sum does not hold, or events were lost.</exception>
    public void Verify()
    {
        Require(Submitted == Read + KernelLost, $"submitted {Submitted} is not read {Read} + lost in the kernel {KernelLost}");
        foreach (string sink in Sinks)
        {
            long dropped = Sink(sink, "dropped");
            long rejected = Sink(sink, "rejected");
            long pending = Sink(sink, "pending");
            Require(
                Read == Filtered + Delivered(sink) + dropped + rejected + pending,
                $"{sink}: read {Read} is not filtered {Filtered} + delivered {Delivered(sink)} + dropped {dropped} + rejected {rejected} + pending {pending}");
            Require(dropped + rejected + pending == 0, $"{sink}: dropped {dropped}, rejected {rejected}, pending {pending}; the demo's load must not lose any");
        }

        Require(KernelLost == 0, $"the kernel lost {KernelLost} events; the demo's load must not lose any");
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"  submitted {Submitted} = read {Read} + lost in the kernel {KernelLost}");
        foreach (string sink in Sinks)
        {
            output.WriteLine(
                $"  {sink,-8} delivered {Delivered(sink)}, dropped {Sink(sink, "dropped")}, rejected {Sink(sink, "rejected")}, pending {Sink(sink, "pending")}");
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DemoException($"the ledger does not add up: {otherwise}.");
        }
    }

    private static long Total(JsonElement count) =>
        count.ValueKind == JsonValueKind.Object ? count.EnumerateObject().Sum(static cause => cause.Value.GetInt64()) : count.GetInt64();

    private long Sink(string name, string counter) => Total(_root.GetProperty("sinks").GetProperty(name).GetProperty(counter));
}
