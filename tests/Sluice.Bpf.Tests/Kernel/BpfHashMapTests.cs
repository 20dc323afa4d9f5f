// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

public sealed class BpfHashMapTests
{
    // Several batches, and buckets with more than one entry.
    private const uint Many = 3000;

    [Fact]
    public void Entries_SetReadRemoved_AreThereAndGone()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = new(bpf.Map("table"));

        map.Set(9, 90);
        bool found = map.TryGet(9, out ulong value);
        bool removed = map.Remove(9);

        Assert.True(found);
        Assert.Equal(90ul, value);
        Assert.True(removed);
        Assert.False(map.TryGet(9, out _));
        Assert.False(map.Remove(9));
    }

    [Fact]
    public void TryTake_Entry_GivesItOnce()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = new(bpf.Map("table"));
        map.Set(3, 33);

        Assert.True(map.TryTake(3, out ulong value));
        Assert.Equal(33ul, value);
        Assert.False(map.TryTake(3, out value));
        Assert.Equal(0ul, value);
    }

    [Fact]
    public void ToList_MoreThanABatch_HasEveryEntryOnce()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = Filled(bpf);

        List<KeyValuePair<uint, ulong>> entries = map.ToList();

        Assert.Equal(Expected(), entries.OrderBy(static entry => entry.Key));
        Assert.Equal(Many, (uint)map.ToList().Count);
    }

    [Fact]
    public void TakeAll_MoreThanABatch_LeavesTheMapEmpty()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = Filled(bpf);

        List<KeyValuePair<uint, ulong>> taken = map.TakeAll();

        Assert.Equal(Expected(), taken.OrderBy(static entry => entry.Key));
        Assert.Empty(map.ToList());
        Assert.Empty(map.Entries());
    }

    [Fact]
    public void Entries_RemovedWhileWalking_AreAllVisited()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = Filled(bpf);

        List<KeyValuePair<uint, ulong>> visited = [];
        foreach (KeyValuePair<uint, ulong> entry in map.Entries())
        {
            visited.Add(entry);
            map.Remove(entry.Key);
        }

        Assert.Equal(Expected(), visited.OrderBy(static entry => entry.Key));
        Assert.Empty(map.ToList());
    }

    [Fact]
    public void Entries_MapThatKeepsChangingUnderTheWalk_Ends()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = Filled(bpf);
        uint next = Many;

        // The walk's own place is pulled away at every step, and a new entry put in: the kernel begins anew each time.
        int visited = map.Entries().Count(_ =>
        {
            foreach (KeyValuePair<uint, ulong> first in map.Entries().Take(2))
            {
                map.Remove(first.Key);
                map.Set(next++, 0);
            }

            return true;
        });

        Assert.InRange(visited, 1, 8192);
    }

    [Fact]
    public void LruHash_MoreThanItHolds_KeepsAsManyAsItMay()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfHashMap<uint, ulong> map = new(bpf.Map("lru_table"));

        for (uint i = 0; i < 1000; i++)
        {
            map.Set(i, i);
        }

        Assert.InRange(map.ToList().Count, 1, 64);
    }

    [Fact]
    public void PerCpuHash_ValuesOfEachCpu_ComeBackByCpu()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();
        BpfPerCpuHashMap<uint, uint> map = new(bpf.Map("percpu_table"));
        uint[] values = [.. Enumerable.Range(1, BpfMap.PossibleCpus).Select(static i => (uint)i)];
        for (uint key = 0; key < 500; key++)
        {
            map.Set(key, values);
        }

        Assert.True(map.TryGet(7, out uint[] read));
        Assert.Equal(values, read);
        Assert.False(map.TryGet(500, out _));
        Assert.True(map.Remove(7));
        List<KeyValuePair<uint, uint[]>> rest = map.ToList();
        Assert.Equal(499, rest.Select(static entry => entry.Key).Distinct().Count());
        Assert.All(rest, entry => Assert.Equal(values, entry.Value));
        Assert.Equal(499, map.TakeAll().Count);
        Assert.Empty(map.ToList());
        Assert.Throws<ArgumentException>(() => map.Set(1, new uint[BpfMap.PossibleCpus + 1]));
    }

    [Fact]
    public void Constructor_OtherTypeOrSize_IsRefused()
    {
        KernelTest.RequirePrivilege();
        using BpfObject bpf = LoadMaps();

        Assert.Contains("8 bytes", Assert.Throws<ArgumentException>(() => new BpfHashMap<uint, uint>(bpf.Map("table"))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new BpfHashMap<uint, ulong>(bpf.Map("hits")));
        Assert.Throws<ArgumentException>(() => new BpfHashMap<uint, uint>(bpf.Map("percpu_table")));
        Assert.Throws<ArgumentException>(() => new BpfPerCpuHashMap<uint, ulong>(bpf.Map("table")));
    }

    private static IEnumerable<KeyValuePair<uint, ulong>> Expected() =>
        Enumerable.Range(0, (int)Many).Select(static i => new KeyValuePair<uint, ulong>((uint)i, (ulong)i * 10));

    private static BpfHashMap<uint, ulong> Filled(BpfObject bpf)
    {
        BpfHashMap<uint, ulong> map = new(bpf.Map("table"));
        foreach ((uint key, ulong value) in Expected())
        {
            map.Set(key, value);
        }

        return map;
    }

    private static BpfObject LoadMaps()
    {
        BpfObject bpf = BpfObject.Open(KernelTest.ReadObject("engine_test"), "engine_test");
        foreach (BpfProgram program in bpf.Programs)
        {
            program.SetAutoLoad(program.Name == "read_settings");
        }

        bpf.Load();
        return bpf;
    }
}
