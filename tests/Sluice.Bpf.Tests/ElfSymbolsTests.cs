// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf.Tests.Kernel;
using Xunit;

namespace Sluice.Bpf.Tests;

public sealed class ElfSymbolsTests
{
    [Fact]
    public void FindFunctionOffset_FileThatIsMissingBrokenOrForeign_SaysWhich()
    {
        Assert.Equal(2, Assert.Throws<BpfException>(() => ElfSymbols.FindFunctionOffset("/no/such/file", "f")).Errno);
        Assert.Equal(8, Assert.Throws<BpfException>(() => ElfSymbols.FindFunctionOffset("/proc/self/status", "f")).Errno);
        Assert.Contains("/etc", Assert.Throws<BpfException>(() => ElfSymbols.FindFunctionOffset("/etc", "f")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindFunctionOffset_FunctionThatIsMissing_IsNamed()
    {
        Assert.SkipUnless(File.Exists(KernelTest.TargetLibrary), "Needs the target library, which clang builds.");

        BpfException error = Assert.Throws<BpfException>(() => ElfSymbols.FindFunctionOffset(KernelTest.TargetLibrary, "sluice_test_targe"));

        Assert.Contains("'sluice_test_targe'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindFunctionOffset_FileCutAnywhere_NeverReadsPastIt()
    {
        Assert.SkipUnless(File.Exists(KernelTest.TargetLibrary), "Needs the target library, which clang builds.");
        byte[] whole = File.ReadAllBytes(KernelTest.TargetLibrary);
        string cut = Path.GetTempFileName();
        try
        {
            for (int length = 0; length < whole.Length; length += 97)
            {
                File.WriteAllBytes(cut, whole[..length]);

                Assert.Throws<BpfException>(() => ElfSymbols.FindFunctionOffset(cut, "sluice_test_target"));
            }
        }
        finally
        {
            File.Delete(cut);
        }
    }
}
