// SPDX-License-Identifier: Apache-2.0
using System.IO;
using Sluice.Bpf.Interop;
using Xunit;

namespace Sluice.Bpf.Tests;

public sealed class CpuListTests
{
    [Theory]
    [InlineData("0\n", new[] { 0 })]
    [InlineData("0-3\n", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,4,6-7", new[] { 0, 1, 4, 6, 7 })]
    public void Parse_KernelsList_GivesEveryCpu(string text, int[] cpus) => Assert.Equal(cpus, CpuList.Parse(text, "online"));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("0-1-2")]
    [InlineData("-1")]
    public void Parse_SomethingElse_NamesTheFile(string text) =>
        Assert.Contains("online", Assert.Throws<InvalidDataException>(() => CpuList.Parse(text, "online")).Message, System.StringComparison.Ordinal);
}
