// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>Perf buffers of the real kernel, filled by BPF_PROG_TEST_RUN on chosen CPUs.</summary>
public sealed class PerfReaderTests
{
    private static readonly uint s_lastCpu = (uint)Environment.ProcessorCount - 1;

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(25)]
    [InlineData(127)]
    [InlineData(128)]
    public void DrainOnce_SamplesOfAnySize_TellTheirCpuAndCarryUpToSevenJunkBytes(int size)
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using PerfReader reader = new(bpf.Map("events"), 4, ReaderOptions.Default);
        CollectingHandler handler = new();

        _ = bpf.Program("output_perf").TestRun(KernelTest.Arguments(3, (ulong)size), cpu: s_lastCpu);
        int samples = reader.DrainOnce(ref handler);

        Assert.Equal(3, samples);
        Assert.All(handler.Samples, sample => Assert.Equal((int)s_lastCpu, sample.Source));
        Assert.All(handler.Samples, sample => Assert.InRange(sample.Bytes.Length - size, 0, 7));
        Assert.Equal([0ul, 1, 2], handler.Samples.Select(sample => BitConverter.ToUInt64(sample.Bytes)));
        Assert.All(handler.Samples, sample => Assert.Equal((ulong)size, BitConverter.ToUInt64(sample.Bytes, 8)));
    }

    [Fact]
    public void DrainOnce_ManyTimesTheBuffer_PutsWrappedSamplesTogether()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using PerfReader reader = new(bpf.Map("events"), 1, ReaderOptions.Default);
        CollectingHandler handler = new();

        for (int i = 0; i < 50; i++)
        {
            _ = bpf.Program("output_perf").TestRun(KernelTest.Arguments(20, 120), cpu: 0);
            Assert.Equal(20, reader.DrainOnce(ref handler));
        }

        Assert.All(handler.Samples.Index(), at => Assert.Equal((ulong)at.Index % 20, BitConverter.ToUInt64(at.Item.Bytes)));
        Assert.All(handler.Samples, sample => Assert.Equal(120ul, BitConverter.ToUInt64(sample.Bytes, 8)));
        Assert.Empty(handler.Lost);
    }

    [Fact]
    public void DrainOnce_MoreThanTheBufferHolds_CountsExactlyTheRest()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using PerfReader reader = new(bpf.Map("events"), 1, ReaderOptions.Default);
        CollectingHandler handler = new();

        _ = bpf.Program("output_perf").TestRun(KernelTest.Arguments(100, 120), cpu: 0);
        int fitted = reader.DrainOnce(ref handler);
        _ = bpf.Program("output_perf").TestRun(KernelTest.Arguments(1, 120), cpu: 0); // brings the report of the loss
        _ = reader.DrainOnce(ref handler);

        Assert.InRange(fitted, 1, 99);
        Assert.Equal((0, (ulong)(100 - fitted)), Assert.Single(handler.Lost));
    }

    [Fact]
    public async Task Run_WhileSamplesArriveOnAllCpus_LosesNoneAndEndsWithALastDrain()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using PerfReader reader = new(bpf.Map("events"), 16, new ReaderOptions { MaxPassBytes = 2048 });
        CollectingHandler handler = new();
        Task run = Task.Factory.StartNew(() => reader.Run(ref handler), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        for (int i = 0; i < 100; i++)
        {
            _ = bpf.Program("output_perf").TestRun(KernelTest.Arguments(10, 100), cpu: (uint)i % (s_lastCpu + 1));
            Thread.Sleep(i % 3);
        }

        reader.Stop();
        await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(1000, handler.Samples.Count);
        Assert.Equal(s_lastCpu + 1, (uint)handler.Samples.Select(sample => sample.Source).Distinct().Count());
        Assert.Empty(handler.Lost);
    }

    [Fact]
    public void Constructor_PagesThatAreNoPowerOfTwoOrAnotherMap_IsRefused()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();

        Assert.Throws<ArgumentOutOfRangeException>(() => new PerfReader(bpf.Map("events"), 3, ReaderOptions.Default));
        Assert.Throws<ArgumentException>(() => new PerfReader(bpf.Map("ring"), 4, ReaderOptions.Default));
    }
}
