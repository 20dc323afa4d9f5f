// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>Objects, maps, programs and links on the real kernel.</summary>
public sealed class BpfObjectTests
{
    [Fact]
    public void Open_BytesThatAreNoElf_NamesTheCallAndTheObject()
    {
        KernelTest.RequirePrivilege();

        BpfException error = Assert.Throws<BpfException>(() => BpfObject.Open(new byte[100], "junk"));

        Assert.Equal("bpf_object__open_mem", error.Call);
        Assert.Contains("'junk'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_UnknownName_ListsTheProgramsThereAre()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();

        BpfException error = Assert.Throws<BpfException>(() => bpf.Program("nothing"));

        Assert.Contains("submit_records", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UncheckedPointer_ThrowsWithTheReasonAndTheWholeLog()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();
        bpf.Program("rejected").SetAutoLoad(true);

        VerifierException error = Assert.Throws<VerifierException>(bpf.Load);

        Assert.Equal("rejected", error.ProgramName);
        Assert.Contains("invalid mem access", error.Message, StringComparison.Ordinal);
        Assert.Contains("call bpf_map_lookup_elem", error.Log, StringComparison.Ordinal);
        Assert.True(error.Log.Length > error.Message.Length);
    }

    [Fact]
    public void SetConstant_BeforeLoad_IsWhatTheProgramReads()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();
        bpf.SetConstant("settings", new Settings(Answer: 42, Padding: 0, Tag: 0));
        bpf.Load();

        BpfTestRunResult result = bpf.Program("submit_records").TestRun(KernelTest.Arguments(0, 0));

        Assert.Equal(42u, result.ReturnValue);
    }

    [Fact]
    public void SetConstant_WrongSizeUnknownNameOrTooLate_IsRefused()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();

        Assert.Contains("16 bytes", Assert.Throws<ArgumentException>(() => bpf.SetConstant("settings", 1)).Message, StringComparison.Ordinal);
        Assert.Contains("'nothing'; it has: before_settings, settings", Assert.Throws<BpfException>(() => bpf.SetConstant("nothing", 1)).Message, StringComparison.Ordinal);
        bpf.Load();
        Assert.Throws<BpfException>(() => bpf.SetConstant("settings", default(Settings)));
    }

    [Fact]
    public void TestRun_OnEachCpu_CountsInThatCpusValueOnly()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        uint last = (uint)Environment.ProcessorCount - 1;
        BpfProgram program = bpf.Program("submit_records");

        _ = program.TestRun(KernelTest.Arguments(0, 0), cpu: 0);
        _ = program.TestRun(KernelTest.Arguments(0, 0), cpu: last);
        _ = program.TestRun(KernelTest.Arguments(0, 0), cpu: last);

        uint[] runs = bpf.Map("runs").LookupPerCpu<uint, uint>(0);
        Assert.Equal(BpfMap.PossibleCpus, runs.Length);
        Assert.Equal(last == 0 ? 3u : 1u, runs[0]);
        Assert.Equal(3L, runs.Sum(count => count));
    }

    [Fact]
    public void Map_HashEntries_ComeAndGo()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        BpfMap table = bpf.Map("table");

        bool before = table.TryLookup(9u, out ulong _);
        table.Update(9u, 90ul);
        bool found = table.TryLookup(9u, out ulong value);
        bool deleted = table.Delete(9u);
        bool deletedAgain = table.Delete(9u);

        Assert.Equal([false, true, true, false], new[] { before, found, deleted, deletedAgain });
        Assert.Equal(90ul, value);
    }

    [Fact]
    public void Map_MaxEntriesSetBeforeLoad_IsTheKernelsLimit()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();
        bpf.Map("table").MaxEntries = 1;
        bpf.Load();

        bpf.Map("table").Update(1u, 1ul);
        BpfException error = Assert.Throws<BpfException>(() => bpf.Map("table").Update(2u, 2ul));

        Assert.Equal(7, error.Errno); // E2BIG
        Assert.Throws<BpfException>(() => bpf.Map("table").MaxEntries = 5);
    }

    [Fact]
    public void Map_TypesOfOtherSizes_AreRefusedBeforeTheKernelReadsThem()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();

        Assert.Throws<ArgumentException>(() => bpf.Map("table").Update(1ul, 1ul));
        Assert.Throws<ArgumentException>(() => bpf.Map("table").TryLookup(1u, out uint _));
        Assert.Throws<InvalidOperationException>(() => bpf.Map("runs").TryLookup(0u, out uint _));
        Assert.Throws<InvalidOperationException>(() => bpf.Map("table").LookupPerCpu<uint, ulong>(1u));
    }

    [Fact]
    public void Map_MmapableArray_SharesItsValuesWithTheSystemCalls()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory memory = bpf.Map("control").Map();

        Volatile.Write(ref memory.Reference<uint>(4), 77);

        Assert.True(bpf.Map("control").TryLookup(0u, out ulong value));
        Assert.Equal(77ul << 32, value);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Reference<ulong>(memory.Length - 4));
        Assert.Throws<InvalidOperationException>(() => bpf.Map("table").Map());
    }

    [Fact]
    public void AutoCreate_Off_LeavesTheMapOut()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Open();
        bpf.Map("rings").SetAutoCreate(false);
        bpf.Program("submit_to_shard").SetAutoLoad(false);

        bpf.Load();

        Assert.True(bpf.Map("rings").Fd < 0);
        Assert.True(bpf.Map("table").Fd >= 0);
    }

    [Fact]
    public void AttachRawTracepoint_SystemCalls_RunsTheProgramUntilTheLinkIsDisposed()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        BpfMap table = bpf.Map("table");

        using (bpf.Program("on_sys_enter").AttachRawTracepoint("sys_enter"))
        {
            _ = File.Exists("/"); // any system call
            Assert.True(table.TryLookup(1u, out ulong _));
        }

        // The kernel unregisters a tracepoint behind an RCU grace period.
        bool quiet = SpinWait.SpinUntil(() => !table.Delete(1u) && !table.TryLookup(1u, out ulong _), TimeSpan.FromSeconds(5));
        Assert.True(quiet, "the program ran on after its link was disposed");
    }

    [Fact]
    public void Attach_BySection_AttachesAndRefusesAnUnknownTracepoint()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();

        using BpfLink link = bpf.Program("on_sys_enter").Attach();
        BpfException error = Assert.Throws<BpfException>(() => bpf.Program("submit_records").AttachRawTracepoint("no_such_tracepoint"));

        Assert.Equal("bpf_program__attach_raw_tracepoint", error.Call);
        Assert.Contains("no_such_tracepoint", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AttachUprobe_FunctionOfALibrary_RunsOncePerCallWithItsCookie(bool isReturn)
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();
        using RingbufReader reader = new([bpf.Map("ring")], ReaderOptions.Default, control: null);
        CollectingHandler handler = new();
        (nint function, ulong offset) = FindTarget();

        using (bpf.Program("on_target").AttachUprobe(new UprobeTarget(KernelTest.TargetLibrary, offset, isReturn, Environment.ProcessId, 0xc00c1e)))
        {
            Assert.Equal(3, CallTarget(function, 2));
            Assert.Equal(4, CallTarget(function, 3));
        }

        Assert.Equal(5, CallTarget(function, 4));
        Assert.Equal(2, reader.DrainOnce(ref handler));
        Assert.All(handler.Samples, sample => Assert.Equal(0xc00c1eul, BitConverter.ToUInt64(sample.Bytes, 8)));
    }

    [Fact]
    public void AttachUprobe_FileThatIsMissing_SaysWhich()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = KernelTest.Load();

        BpfException error = Assert.Throws<BpfException>(
            () => bpf.Program("on_target").AttachUprobe(new UprobeTarget("/no/such/file", 0x10, false, UprobeTarget.AllProcesses, 0)));

        Assert.Equal(2, error.Errno); // ENOENT
        Assert.Contains("/no/such/file+0x10", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_ThenUse_ThrowsInsteadOfTouchingFreedMemory()
    {
        KernelTest.RequirePrivilege();
        BpfObject bpf = KernelTest.Load();
        BpfMap map = bpf.Map("table");
        BpfProgram program = bpf.Program("submit_records");

        bpf.Dispose();
        bpf.Dispose();

        Assert.Throws<ObjectDisposedException>(() => map.Fd);
        Assert.Throws<ObjectDisposedException>(() => program.TestRun(KernelTest.Arguments(0, 0)));
        Assert.Throws<ObjectDisposedException>(bpf.Load);
    }

    [Fact]
    public void Lifecycle_ManyTimes_LeaksNoDescriptor()
    {
        KernelTest.RequirePrivilege();
        OpenReadClose();
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;

        for (int i = 0; i < 5; i++)
        {
            OpenReadClose();
        }

        Assert.Equal(before, Directory.GetFileSystemEntries("/proc/self/fd").Length);
    }

    private static void OpenReadClose()
    {
        using BpfObject bpf = KernelTest.Load();
        using MappedMemory control = bpf.Map("control").Map();
        using BpfMap inner = BpfMap.Create(BpfMapType.RingBuffer, "shard", 0, 0, 4096);
        using RingbufReader ringbuf = new([bpf.Map("ring"), inner], ReaderOptions.Default, control);
        using PerfReader perf = new(bpf.Map("events"), 1, ReaderOptions.Default);
        using BpfLink link = bpf.Program("on_sys_enter").Attach();
    }

    private static (nint Function, ulong FileOffset) FindTarget()
    {
        nint function = NativeLibrary.GetExport(NativeLibrary.Load(KernelTest.TargetLibrary), "sluice_test_target");
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] range = fields[0].Split('-');
            ulong start = ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if ((ulong)function >= start && (ulong)function < ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
            {
                return (function, (ulong)function - start + ulong.Parse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException("The target library is not mapped.");
    }

    private static unsafe int CallTarget(nint function, int value) => ((delegate* unmanaged<int, int>)function)(value);

    /// <summary>Mirrors struct settings of native/kernel_test.bpf.c.</summary>
    private readonly record struct Settings(uint Answer, uint Padding, ulong Tag);
}
