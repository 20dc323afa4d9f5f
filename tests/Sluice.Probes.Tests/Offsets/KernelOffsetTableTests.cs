// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Sluice.Bpf.Features;
using Sluice.Probes.Offsets;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Probes.Tests.Offsets;

public sealed class KernelOffsetTableTests
{
    [Theory]
    [InlineData("x86", "-D__TARGET_ARCH_x86", "6.1.0-56-cloud-amd64")]
    [InlineData("arm64", "-D__TARGET_ARCH_arm64", "6.1.0-56-cloud-arm64")]
    public async Task BuiltIn_RowOfTheGeneratedHeader_HoldsTheSameOffsets(string machine, string define, string configuration)
    {
        KernelOffsetTable table = KernelOffsetTable.BuiltIn;
        string prologue = $"#define {define[2..]}\n#include \"{RepositoryFile.PathOf("bpf/include/kernel_offsets.h")}\"\nstatic const struct kernel_offsets defaults = KERNEL_OFFSETS_DEFAULT;";

        long[] judged = await CCompiler.EvaluateAsync(
            prologue, [.. table.Fields.SelectMany(field => new[] { $"offsetof(struct kernel_offsets, {field})", $"defaults.{field}" }), "sizeof(struct kernel_offsets)"]);

        KernelOffsetRow row = table.Rows.Single(candidate => candidate.Machine == machine && candidate.Configuration == configuration);
        Assert.Equal(judged[^1], row.Value.Length);
        Assert.Equal(judged[..^1], Enumerable.Range(0, table.Fields.Count).SelectMany(i => new long[] { i * 4, BinaryPrimitives.ReadUInt32LittleEndian(row.Value.AsSpan(i * 4)) }));
    }

    [Fact]
    public void CandidatesFor_KernelOfAKnownLine_StartsWithItsRows()
    {
        string[] configurations = [.. KernelOffsetTable.BuiltIn.CandidatesFor("x86", new KernelVersion(6, 1, 99)).Select(row => row.Version.ToString())];

        Assert.Equal(["6.1.0", "6.1.0", "6.12.0", "6.12.0", "6.18.0"], configurations.Take(5));
        Assert.Contains("5.10.0", configurations);
    }

    [Theory]
    [InlineData("")]
    [InlineData("machine\tversion\tconfiguration\tsource\ta\nx86\t6.1\tc\ts")]
    [InlineData("machine\tversion\tconfiguration\tsource\ta\nx86\tsix\tc\ts\t1")]
    [InlineData("machine\tversion\tconfiguration\tsource\ta\nx86\t6.1\tc\ts\tone")]
    public void Read_TableThatIsDamaged_Throws(string text) =>
        Assert.Throws<InvalidDataException>(() => KernelOffsetTable.Read(new StringReader(text)));

    [Fact]
    public void Read_FieldThatAKernelLacks_IsOutOfReach()
    {
        KernelOffsetTable table = KernelOffsetTable.Read(new StringReader("machine\tversion\tconfiguration\tsource\ta\tb\narm64\t5.10\tc\ts\t-\t7"));

        Assert.Equal([0xff, 0xff, 0xff, 0xff, 7, 0, 0, 0], Assert.Single(table.Rows).Value);
    }
}
