// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>The file that <c>--ledger</c> names.</summary>
internal sealed class Ledger
{
    private readonly JsonElement _root;

    private Ledger(JsonElement root) => _root = root;

    public long Submitted => Number("submitted");

    public long Read => Number("read");

    public long Filtered => Number("filtered");

    public long KernelLost => Sum(_root.GetProperty("kernel_lost"));

    public static Ledger Load(string path) => new(JsonDocument.Parse(File.ReadAllText(path)).RootElement);

    public long Number(string name) => _root.GetProperty(name).GetInt64();

    public long KernelLostBy(string cause) => _root.GetProperty("kernel_lost").GetProperty(cause).GetInt64();

    public long Sink(string name, string counter) => _root.GetProperty("sinks").GetProperty(name).GetProperty(counter).GetInt64();

    public long SinkDropped(string name) => Sum(_root.GetProperty("sinks").GetProperty(name).GetProperty("dropped"));

    /// <summary>The equations of DESIGN §4, for the kernel and for every sink.</summary>
    public void AssertSumsHold()
    {
        Assert.Equal(Submitted, Read + KernelLost);
        Assert.NotEmpty(_root.GetProperty("sinks").EnumerateObject());
        foreach (string name in _root.GetProperty("sinks").EnumerateObject().Select(sink => sink.Name))
        {
            long outcomes = Sink(name, "delivered") + Sink(name, "rejected") + Sink(name, "pending") + Sink(name, "spooled") + SinkDropped(name);
            Assert.Equal(Read + Sink(name, "recovered") - Filtered, outcomes);
        }
    }

    public override string ToString() => _root.GetRawText();

    private static long Sum(JsonElement counters) => counters.EnumerateObject().Sum(counter => counter.Value.GetInt64());
}
