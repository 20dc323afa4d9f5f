// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>Ring buffers of the real kernel, filled by BPF_PROG_TEST_RUN.</summary>
public sealed class RingbufReaderTests
{
    [Fact]
    public void DrainOnce_RecordsOfAProgram_ComeInOrder()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control: null);
        CollectingHandler handler = new();

        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(100, 5));
        int samples = reader.DrainOnce(ref handler);

        Assert.Equal(100, samples);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (ulong)i), handler.Samples.Select(sample => BitConverter.ToUInt64(sample.Bytes)));
        Assert.All(handler.Samples, sample => Assert.Equal(128, sample.Bytes.Length));
        Assert.Equal(1, handler.BatchEnds);
    }

    [Fact]
    public void DrainOnce_FarMoreThanTheRingHolds_GivesRoomBackEachTime()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control: null);
        CollectingHandler handler = new();

        for (int i = 0; i < 20; i++)
        {
            _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(400, 0));
            Assert.Equal(400, reader.DrainOnce(ref handler));
        }

        Assert.Equal(Enumerable.Range(0, 8000).Select(i => (ulong)i), handler.Samples.Select(sample => BitConverter.ToUInt64(sample.Bytes)));
    }

    [Fact]
    public void TryReadFill_BeforeAndAfterADrain_TellsTheBytesThatAreNotFreed()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control: null);
        CollectingHandler handler = new();

        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(100, 5));
        Assert.True(reader.TryReadFill(0, out RingFill filled));
        _ = reader.DrainOnce(ref handler);
        Assert.True(reader.TryReadFill(0, out RingFill drained));
        reader.Dispose();

        // A record has a head of 8 bytes.
        Assert.Equal(new RingFill(0, 100 * (128 + 8), bpf.Map("ring").MaxEntries), filled);
        Assert.Equal(0, drained.UsedBytes);
        Assert.False(reader.TryReadFill(0, out _));
    }

    [Fact]
    public void DrainOnce_ShardsOfAnArrayOfMaps_TellsWhichShard()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using BpfMap first = BpfMap.Create(BpfMapType.RingBuffer, "shard0", 0, 0, 4096);
        using BpfMap second = BpfMap.Create(BpfMapType.RingBuffer, "shard1", 0, 0, 65536);
        bpf.Map("rings").Update(0u, first.Fd);
        bpf.Map("rings").Update(1u, second.Fd);
        using RingbufReader reader = new([first, second], ReaderOptions.Default, control: null);
        CollectingHandler handler = new();

        _ = bpf.Program("submit_to_shard").TestRun(KernelTest.Arguments(1, 11));
        _ = bpf.Program("submit_to_shard").TestRun(KernelTest.Arguments(0, 10));
        _ = reader.DrainOnce(ref handler);

        Assert.Equal([(0, 10ul), (1, 11ul)], handler.Samples.Select(sample => (sample.Source, BitConverter.ToUInt64(sample.Bytes, 8))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_WhileRecordsArrive_LosesNoneAndEndsWithALastDrain(bool withControl)
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory? control = withControl ? bpf.Map("control").Map() : null;
        using RingbufReader reader = new([bpf.Map("ring")], new ReaderOptions { MaxPassBytes = 4096 }, control);
        CollectingHandler handler = new();
        Task run = RunOnThread(reader, handler);

        // 50 records fit ten times over, so that none is refused even when the reader pauses.
        for (int i = 0; i < 200; i++)
        {
            _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(20, 0));
            Thread.Sleep(i % 3);
        }

        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(20, 0));
        reader.Stop();
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 4020).Select(i => (ulong)i), handler.Samples.Select(sample => BitConverter.ToUInt64(sample.Bytes)));
    }

    [Fact]
    public async Task Run_IdleThenOneRecord_GoesToSleepAndIsWokenAtOnce()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory control = bpf.Map("control").Map();
        ReaderOptions options = new() { SafetyNetMs = 20_000, IdleAfterMs = 20 };
        using RingbufReader reader = new([bpf.Map("ring")], options, control);
        using SemaphoreSlim arrived = new(0);
        CollectingHandler handler = new() { DuringSample = _ => arrived.Release() };
        Task run = RunOnThread(reader, handler);

        for (int i = 0; i < 10; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => Polling(control) == 0, 5000), "the reader never went to sleep");
            Stopwatch clock = Stopwatch.StartNew();
            _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(1, 0));
            Assert.True(await arrived.WaitAsync(5000, TestContext.Current.CancellationToken), "the record woke nobody");
            Assert.True(clock.ElapsedMilliseconds < 5000);
            Assert.True(SpinWait.SpinUntil(() => Polling(control) == 1, 5000), "the reader did not go back to polling");
        }

        Assert.Equal(65536u / 4, Volatile.Read(ref control.Reference<uint>(RingbufReader.WakeBytesOffset)));
        reader.Stop();
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(0u, Polling(control));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_OneRecordAtATime_NoneWaitsForTheSafetyNet(bool withControl)
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory? control = withControl ? bpf.Map("control").Map() : null;

        ReaderOptions options = new() { SafetyNetMs = 60_000, IdleAfterMs = 0 };
        using RingbufReader reader = new([bpf.Map("ring")], options, control);

        // The reader goes to sleep a varying moment after it let the next record go: that one comes before, during or after
        // the last look at the ring.
        int arrived = 0;
        CollectingHandler handler = new()
        {
            DuringSample = count =>
            {
                Volatile.Write(ref arrived, count);
                Thread.SpinWait(count % 64 * 20);
            },
        };
        Task run = RunOnThread(reader, handler);
        BpfProgram program = bpf.Program("submit_records");
        byte[] one = KernelTest.Arguments(1, 0);

        for (int i = 1; i <= 2000; i++)
        {
            _ = program.TestRun(one);
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref arrived) >= i, 10_000), $"record {i} woke nobody");
        }

        reader.Stop();
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Run_StoppedBefore_StillTakesWhatIsThere()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using RingbufReader reader = new([bpf.Map("ring")], new ReaderOptions { MaxPassBytes = 1000 }, control: null);
        CollectingHandler handler = new();
        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(300, 0));

        reader.Stop();
        reader.Run(ref handler);

        Assert.Equal(300, handler.Samples.Count);
    }

    [Fact]
    public void Run_HandlerThrows_ComesOutAndTheReaderGoesOnBehindTheSample()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory control = bpf.Map("control").Map();
        using RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control);
        CollectingHandler handler = new() { DuringSample = count => { if (count == 3) { throw new TimeoutException("sink"); } } };
        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(5, 0));

        Assert.Throws<TimeoutException>(() => reader.Run(ref handler));
        uint pollingAfterwards = Polling(control);
        int rest = reader.DrainOnce(ref handler);

        Assert.Equal(0u, pollingAfterwards);
        Assert.Equal(2, rest);
    }

    [Fact]
    public async Task Run_Twice_IsRefusedWhileTheFirstIsUnderWay()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control: null);
        using SemaphoreSlim arrived = new(0);
        CollectingHandler handler = new() { DuringSample = _ => arrived.Release() };
        Task run = RunOnThread(reader, handler);
        _ = bpf.Program("submit_records").TestRun(KernelTest.Arguments(1, 0));
        Assert.True(await arrived.WaitAsync(5000, TestContext.Current.CancellationToken));

        CollectingHandler second = new();
        Assert.Throws<InvalidOperationException>(() => reader.DrainOnce(ref second));
        reader.Dispose();
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Throws<ObjectDisposedException>(() => reader.DrainOnce(ref second));
    }

    [Fact]
    public void Constructor_MapThatIsNoRingBuffer_IsRefused()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();

        Assert.Throws<ArgumentException>(() => new RingbufReader([bpf.Map("table")], ReaderOptions.Default, control: null));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RingbufReader([], ReaderOptions.Default, control: null));
    }

    private static uint Polling(MappedMemory control) => Volatile.Read(ref control.Reference<uint>(RingbufReader.PollingOffset));

    private static Task RunOnThread(RingbufReader reader, CollectingHandler handler)
    {
        // The lists inside the handler are shared by its copies; only the run touches them until it has ended.
        return Task.Factory.StartNew(() => reader.Run(ref handler), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
