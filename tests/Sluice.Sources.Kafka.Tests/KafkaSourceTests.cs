// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Reading;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>From a real broker to a sink of the tests' own.</summary>
public sealed class KafkaSourceTests(SharedRealBroker shared) : IClassFixture<SharedRealBroker>
{
    [Fact]
    public async Task Run_EveryEncoding_DeliversEachEventOnceAndInOrder()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker);
        using var events = new NumberedEvents(broker);
        long count = 0;
        foreach ((string encoding, int perRecord) in NumberedEvents.Forms)
        {
            events.Write(topic, encoding, perRecord, count, 4_000);
            count += 4_000;
        }

        events.Flush();
        using RelayUnderTest relay = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");

        await relay.WaitForEventsAsync(count);
        LedgerSnapshot ledger = await relay.StopAsync();

        Assert.Equal(count, ledger.Submitted);
        Assert.Equal(count, ledger.Sinks[0].Delivered);
        Assert.Equal(count, relay.Sink.Numbers().Count);
        AssertOrdered(relay.Sink.Events);
        Assert.Empty(relay.Logger.Lines);
        (long end, long committed) = Topics.Progress(broker, topic, "g");
        Assert.Equal(end, committed);
    }

    [Fact]
    public async Task Run_StoppedAndStartedAgain_GoesOnWhereItStopped()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker);
        using var events = new NumberedEvents(broker);
        events.Write(topic, "json", 1, 0, 1_000);
        events.Flush();
        using (RelayUnderTest first = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g"))
        {
            await first.WaitForEventsAsync(1_000);
            await first.StopAsync();
        }

        events.Write(topic, "json", 1, 1_000, 500);
        events.Flush();
        using RelayUnderTest second = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");
        await second.WaitForEventsAsync(500);
        await second.StopAsync();

        Assert.Equal(500, second.Sink.Events.Count);
        Assert.Equal(Enumerable.Range(1_000, 500).Select(static i => (ulong)i), second.Sink.Numbers().Order());
    }

    [Fact]
    public async Task Run_SinkWithoutOutcomes_CommitsNothingUntilItHasThem()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker);
        using var events = new NumberedEvents(broker);
        events.Write(topic, "otlp_proto", 10, 0, 1_000);
        events.Flush();
        using RelayUnderTest relay = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g", new CollectingSink { IsHolding = true });
        await relay.WaitForEventsAsync(1_000);

        // Several checkpoints long.
        await Task.Delay(3_000, TestContext.Current.CancellationToken);
        Assert.Equal(0, Topics.Progress(broker, topic, "g").Committed);

        relay.Sink.Release();
        await RelayUnderTest.EventuallyAsync(() => Topics.Progress(broker, topic, "g") is var (end, committed) && end == committed, "the commit");
        await relay.StopAsync();
    }

    [Fact]
    public async Task Run_SinkThatEnds_LeavesWhatItDidNotTakeForTheNextStart()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker);
        using var events = new NumberedEvents(broker);
        events.Write(topic, "msgpack", 1, 0, 5_000);
        events.Flush();
        using (RelayUnderTest first = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g", new CollectingSink { FailAfter = 2_000 }))
        {
            await first.WaitForEventsAsync(2_000);
            await RelayUnderTest.EventuallyAsync(() => first.Sink.Ledger.Dropped(DropReason.SinkFailed) != 0, "the drop");
            LedgerSnapshot ledger = await first.StopAsync();
            Assert.NotEqual(0, ledger.Sinks[0].DroppedTotal);
            Assert.Contains(first.Logger.Lines, static line => line.Contains("will be delivered again", StringComparison.Ordinal));
        }

        using RelayUnderTest second = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");
        await RelayUnderTest.EventuallyAsync(() => Topics.Progress(broker, topic, "g") is var (end, committed) && end == committed, "the commit");
        await second.StopAsync();
        Assert.True(second.Sink.Numbers().Count >= 3_000);
        Assert.Contains(4_999ul, second.Sink.Numbers());
    }

    [Fact]
    public async Task Run_PoisonRecords_AreCountedToldOfAndPassedOver()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker, partitions: 1);
        using var events = new NumberedEvents(broker);
        byte[] good = events.Encode("otlp_proto", 10, [.. Enumerable.Range(0, 10).Select(static i => (long)i)]);
        (string? Type, byte[]? Value)[] poison =
        [
            ("application/json", [.. "this is no JSON"u8]),
            ("application/json", [.. "{\"event_name\":\"tls.data\""u8]),
            ("application/json", [.. "[]"u8]),
            ("application/vnd.msgpack", [0xc1]),
            ("application/vnd.msgpack", [0xdd, 0xff, 0xff, 0xff, 0xff]),
            ("application/x-protobuf", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]),
            (null, null),
            (null, []),
            (null, [0xff, 0xfe]),
            (null, [.. "{\"body\":\""u8, .. Enumerable.Repeat((byte)'a', 900_000), .. "\"}"u8]),
        ];
        foreach ((string? type, byte[]? value) in poison)
        {
            events.WriteRecord(topic, type, value);
            events.WriteRecord(topic, "application/x-protobuf", good);
        }

        // Cut in the middle of its last event: the others are good.
        events.WriteRecord(topic, "application/json", events.Encode("json", 10, [20, 21, 22])[..^40]);
        for (int i = 0; i < 1_000; i++)
        {
            events.WriteRecord(topic, "application/json", [.. "poison"u8]);
        }

        events.Write(topic, "json", 1, 100, 100);
        events.Flush();
        using RelayUnderTest relay = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");
        await relay.WaitForEventsAsync((10 * poison.Length) + 2 + 100);
        LedgerSnapshot ledger = await relay.StopAsync();

        Assert.Equal(poison.Length + 1 + 1_000, ledger.Sinks[0].Dropped["malformed"]);
        Assert.Equal((10 * poison.Length) + 2 + 100, ledger.Sinks[0].Delivered);
        Assert.Equal(ledger.Sinks[0].Delivered + ledger.Sinks[0].DroppedTotal, ledger.Submitted);
        Assert.InRange(relay.Logger.Lines.Count, 1, 4);
        Assert.All(relay.Logger.Lines, line => Assert.Contains($"in {topic} [0] at offset", line, StringComparison.Ordinal));
        (long end, long committed) = Topics.Progress(broker, topic, "g");
        Assert.Equal(end, committed);
    }

    [Fact]
    public async Task Run_TwoMembers_ShareThePartitionsAndLoseNothingWhenOneLeaves()
    {
        string broker = await shared.GetAddressAsync();
        string topic = await Topics.CreateAsync(broker);
        using var events = new NumberedEvents(broker);
        events.Write(topic, "json", 1, 0, 2_000);
        events.Flush();
        using RelayUnderTest first = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");
        await first.WaitForEventsAsync(2_000);
        using RelayUnderTest second = await RelayUnderTest.StartAsync($"kafka://{broker}/{topic}", "g");
        long written = 2_000;
        await RelayUnderTest.EventuallyAsync(
            () =>
            {
                events.Write(topic, "json", 1, written, 160);
                events.Flush();
                written += 160;
                return second.Sink.Events.Count > 200;
            },
            "the second member's share");
        int before = first.Sink.Events.Count;
        events.Write(topic, "json", 1, written, 1_600);
        events.Flush();
        written += 1_600;
        await RelayUnderTest.EventuallyAsync(() => first.Sink.Events.Count > before, "the first member's share");
        await first.StopAsync();
        events.Write(topic, "json", 1, written, 1_600);
        events.Flush();
        written += 1_600;
        await RelayUnderTest.EventuallyAsync(() => first.Sink.Numbers().Union(second.Sink.Numbers()).Count() == written, "every event");
        await second.StopAsync();

        // An orderly hand-over commits before it gives up: nothing comes twice.
        Assert.Equal(written, first.Sink.Events.Count + second.Sink.Events.Count);
        AssertOrdered(first.Sink.Events);
        AssertOrdered(second.Sink.Events);
    }

    [Fact]
    public async Task Run_PatternOfTopics_ReadsAllThatMatch()
    {
        string broker = await shared.GetAddressAsync();
        string prefix = $"pattern{Random.Shared.Next():x}";
        string one = await Topics.CreateAsync(broker, 1, prefix), other = await Topics.CreateAsync(broker, 1, prefix);
        using var events = new NumberedEvents(broker);
        events.Write(one, "json", 1, 0, 100);
        events.Write(other, "msgpack", 10, 100, 100);
        events.Flush();

        using RelayUnderTest relay = await RelayUnderTest.StartAsync($"kafka://{broker}?topic=^{prefix}-.*", "g");
        await relay.WaitForEventsAsync(200);
        await relay.StopAsync();

        Assert.Equal(200, relay.Sink.Numbers().Count);
    }

    [Fact]
    public async Task Check_TopicThatIsNotThere_IsAMistakeInTheConfiguration()
    {
        string broker = await shared.GetAddressAsync();

        SourceException e = await Assert.ThrowsAsync<SourceException>(() => RelayUnderTest.StartAsync($"kafka://{broker}/no-such-topic", "g"));

        Assert.True(e.IsConfiguration);
        Assert.Contains("topic 'no-such-topic' does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_NoBroker_SaysWhereAndWhy()
    {
        SourceException e = await Assert.ThrowsAsync<SourceException>(() => RelayUnderTest.StartAsync("kafka://127.0.0.1:1/events", "g"));

        Assert.False(e.IsConfiguration);
        Assert.Contains("no broker of 127.0.0.1:1 answered within 5 s", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.no.such.property=1", "no.such.property")]
    [InlineData("config.session.timeout.ms=never", "session.timeout.ms")]
    public async Task Constructor_OptionThatTheClientRefuses_IsNamed(string option, string named)
    {
        SourceException e = await Assert.ThrowsAsync<SourceException>(() => RelayUnderTest.StartAsync($"kafka://127.0.0.1:1/events?{option}", "g"));

        Assert.True(e.IsConfiguration);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    private static void AssertOrdered(IEnumerable<(ulong Connection, ulong Sequence, ulong Number)> events)
    {
        var last = new Dictionary<ulong, ulong>();
        foreach ((ulong connection, ulong sequence, ulong number) in events)
        {
            Assert.True(!last.TryGetValue(connection, out ulong before) || sequence > before, $"Event {number} came behind {before} of connection {connection}.");
            last[connection] = sequence;
        }
    }
}
