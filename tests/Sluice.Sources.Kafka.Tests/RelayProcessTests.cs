// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>The program itself, killed and without its brokers.</summary>
public sealed class RelayProcessTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("sluice-relay-").FullName;
    private long _written;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TwoRelays_OneKilledUnderLoad_EveryEventArrives()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        string topic = await Topics.CreateAsync(broker.Address);
        using var load = new CancellationTokenSource();
        Task writing = WriteAsync(broker.Address, topic, load.Token);
        string from = $"kafka://{broker.Address}/{topic}";
        using RelayProcess victim = RelayProcess.Start(PathOf("a.jsonl"), from, "g");
        using RelayProcess survivor = RelayProcess.Start(PathOf("b.jsonl"), from, "g");
        await EventuallyAsync(() => victim.Lines().Count > 1_000 && survivor.Lines().Count > 1_000, "both have a share");

        victim.Kill();
        int before = survivor.Lines().Count;
        await EventuallyAsync(() => survivor.Lines().Count > before + 5_000, "the survivor goes on");
        await load.CancelAsync();
        await writing;
        await EventuallyAsync(() => Uids(victim, survivor).Count == Volatile.Read(ref _written), "every event");

        (int code, string error, _) = await survivor.StopAsync();
        Assert.True(code == 0, error);
        AssertWhatCameTwiceIsTheSame(victim.Lines().Concat(survivor.Lines()));
        AssertOrdered(victim.Lines(), "the one that was killed");
        AssertOrdered(survivor.Lines(), error);
        Assert.Equal(Topics.Progress(broker.Address, topic, "g").End, Topics.Progress(broker.Address, topic, "g").Committed);
    }

    [Fact]
    public async Task Relay_KilledUnderLoadAndStartedAgain_EveryEventArrives()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        string topic = await Topics.CreateAsync(broker.Address);
        using var load = new CancellationTokenSource();
        Task writing = WriteAsync(broker.Address, topic, load.Token);
        string from = $"kafka://{broker.Address}/{topic}";
        for (int round = 0; round < 3; round++)
        {
            using RelayProcess victim = RelayProcess.Start(PathOf($"{round}.jsonl"), from, "g");
            await EventuallyAsync(() => victim.Lines().Count > 3_000, "a share");
            victim.Kill();
        }

        using RelayProcess last = RelayProcess.Start(PathOf("last.jsonl"), from, "g");
        await EventuallyAsync(() => last.Lines().Count > 1_000, "the last one's share");
        await load.CancelAsync();
        await writing;
        string[] files = [PathOf("0.jsonl"), PathOf("1.jsonl"), PathOf("2.jsonl"), PathOf("last.jsonl")];
        await EventuallyAsync(() => UidsOf(files.SelectMany(RelayProcess.LinesOf)).Count == Volatile.Read(ref _written), "every event");
        (int code, string error, _) = await last.StopAsync();

        Assert.True(code == 0, error);
        AssertWhatCameTwiceIsTheSame(files.SelectMany(RelayProcess.LinesOf));
    }

    [Fact]
    public async Task Relay_BrokerKilledAndBack_SaysSoAndLosesNothing()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        string topic = await Topics.CreateAsync(broker.Address);
        using var load = new CancellationTokenSource();
        Task writing = WriteAsync(broker.Address, topic, load.Token);
        using RelayProcess relay = RelayProcess.Start(PathOf("a.jsonl"), $"kafka://{broker.Address}/{topic}", "g");
        await EventuallyAsync(() => relay.Lines().Count > 3_000, "events");

        await broker.KillAsync();
        await Task.Delay(8_000, TestContext.Current.CancellationToken);
        await broker.StartAsync();
        int before = relay.Lines().Count;
        await EventuallyAsync(() => relay.Lines().Count > before + 3_000, "it goes on");
        await load.CancelAsync();
        await writing;
        await EventuallyAsync(() => Uids(relay).Count == Volatile.Read(ref _written), "every event");
        (int code, string error, _) = await relay.StopAsync();

        Assert.True(code == 0, error);
        Assert.Contains("no broker answers", error, StringComparison.Ordinal);
        Assert.Contains("the brokers are back", error, StringComparison.Ordinal);
        AssertWhatCameTwiceIsTheSame(relay.Lines());
        Assert.Equal(Topics.Progress(broker.Address, topic, "g").End, Topics.Progress(broker.Address, topic, "g").Committed);
    }

    [Fact]
    public async Task Relay_BrokerGoneAtTheStop_EndsInTime()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        string topic = await Topics.CreateAsync(broker.Address);
        using var load = new CancellationTokenSource();
        Task writing = WriteAsync(broker.Address, topic, load.Token);
        using RelayProcess relay = RelayProcess.Start(PathOf("a.jsonl"), $"kafka://{broker.Address}/{topic}", "g");
        await EventuallyAsync(() => relay.Lines().Count > 1_000, "events");
        await broker.KillAsync();
        await load.CancelAsync();

        long start = Stopwatch.GetTimestamp();
        (int code, string error, _) = await relay.StopAsync();

        Assert.True(code == 0, error);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), error);
        await broker.StartAsync();
        await writing;
    }

    /// <summary>Writes in every encoding, some thousands of events a second, until told to stop; then waits until the brokers have all of it.</summary>
    private Task WriteAsync(string broker, string topic, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            using var events = new NumberedEvents(broker);
            for (int round = 0; !stop.IsCancellationRequested; round++)
            {
                (string encoding, int perRecord) = NumberedEvents.Forms[round % NumberedEvents.Forms.Length];
                events.Write(topic, encoding, perRecord, Volatile.Read(ref _written), 160);
                Interlocked.Add(ref _written, 160);
                Thread.Sleep(40);
            }

            events.Flush();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static HashSet<string> Uids(params RelayProcess[] relays) => UidsOf(relays.SelectMany(static relay => relay.Lines()));

    private static HashSet<string> UidsOf(IEnumerable<string> lines) => [.. lines.Select(RelayProcess.UidOf)];

    private static void AssertWhatCameTwiceIsTheSame(IEnumerable<string> lines)
    {
        var seen = new Dictionary<string, string>();
        foreach (string line in lines)
        {
            Assert.Equal(seen.TryGetValue(RelayProcess.UidOf(line), out string? first) ? first : line, line);
            seen[RelayProcess.UidOf(line)] = line;
        }
    }

    /// <summary>
    /// Numbers rise within a connection. They may fall where a partition changes hands and what was not committed comes again: not more often than members come and go.
    /// </summary>
    private static void AssertOrdered(IEnumerable<string> lines, string told)
    {
        var last = new Dictionary<long, (long Number, int Falls)>();
        foreach (string line in lines)
        {
            long number = Convert.ToInt64(RelayProcess.UidOf(line)[21..], 16);
            long connection = number % NumberedEvents.Connections;
            (long before, int falls) = last.GetValueOrDefault(connection, (-1, 0));
            falls += number <= before ? 1 : 0;
            Assert.True(falls <= 3, $"Event {number} came behind {before}. {told}");
            last[connection] = (number, falls);
        }
    }

    private static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience, $"Not within {s_patience.TotalSeconds} s: {what}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }
}
