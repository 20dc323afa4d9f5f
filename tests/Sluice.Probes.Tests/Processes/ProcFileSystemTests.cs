// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Sluice.Probes.Processes;
using Xunit;

namespace Sluice.Probes.Tests.Processes;

public sealed class ProcFileSystemTests : IDisposable
{
    private readonly TempDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void EnumerateProcesses_OtherEntriesToo_GivesTheNumbers()
    {
        _root.Write("12/maps", "");
        _root.Write("self/maps", "");
        _root.Write("3400/maps", "");
        _root.Write("uptime", "");

        Assert.Equal([12, 3400], new ProcFileSystem(_root.Path).EnumerateProcesses().Order());
    }

    [Fact]
    public void ReadMaps_LinesAcrossReads_HandsEachOverOnce()
    {
        const int Lines = 5000;
        var text = new StringBuilder();
        for (int i = 1; i <= Lines; i++)
        {
            text.Append($"{i:x}000-{i:x}fff r-xp 00000000 fe:01 {i}    /lib/{new string('x', i % 300)}\n");
        }

        _root.Write("7/maps", text.ToString());
        var inodes = new List<ulong>();

        MapsResult result = new ProcFileSystem(_root.Path).ReadMaps(7, (in MapsLine line) => inodes.Add(line.Inode));

        Assert.Equal(MapsResult.Read, result);
        Assert.Equal(Enumerable.Range(1, Lines).Select(static i => (ulong)i), inodes);
    }

    [Fact]
    public void ReadMaps_LineLongerThanTheBuffer_IsLeftOut()
    {
        _root.Write("7/maps", $"1000-2000 r-xp 0 fe:01 1 /{new string('x', 100_000)}\n3000-4000 r-xp 0 fe:01 2 /b\n");
        var inodes = new List<ulong>();

        new ProcFileSystem(_root.Path).ReadMaps(7, (in MapsLine line) => inodes.Add(line.Inode));

        Assert.Equal([2ul], inodes);
    }

    [Fact]
    public void ReadMaps_NoProcess_IsGone() =>
        Assert.Equal(MapsResult.Gone, new ProcFileSystem(_root.Path).ReadMaps(7, (in MapsLine _) => Assert.Fail("There is no line.")));

    [Fact]
    public void ReadThreadGroup_ThreadOfThisProcess_IsThisProcess()
    {
        var proc = new ProcFileSystem();

        Assert.Equal(Environment.ProcessId, proc.ReadThreadGroup(Environment.ProcessId));
        Assert.Null(proc.ReadThreadGroup(int.MaxValue));
    }

    [Fact]
    public void ReadDescription_ProcessInContainer_NamesProgramAndContainer()
    {
        string id = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
        _root.Write("7/comm", "nginx\n");
        _root.Write("7/cgroup", $"0::/system.slice/docker-{id}.scope\n");

        Assert.Equal(new ProcessDescription(7, "nginx", null, "0123456789ab"), ProcessDescription.Read(7, _root.Path));
        Assert.Equal(new ProcessDescription(8, null, null, null), ProcessDescription.Read(8, _root.Path));
        Assert.Equal(Environment.ProcessPath, ProcessDescription.Read(Environment.ProcessId).ExecutablePath);
    }

    [Theory]
    [InlineData("0::/init.scope\n", false)]
    [InlineData("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-{0}.scope\n", true)]
    [InlineData("12:cpu:/docker/{0}\n", true)]
    [InlineData("0::/user.slice/{0}0.scope\n", false)]
    public void FindContainer_CgroupText_IsFoundByTheWholeId(string text, bool isContainer)
    {
        string id = new('a', 64);

        Assert.Equal(isContainer ? "aaaaaaaaaaaa" : null, ProcessDescription.FindContainer(text.Replace("{0}", id, StringComparison.Ordinal)));
    }
}
