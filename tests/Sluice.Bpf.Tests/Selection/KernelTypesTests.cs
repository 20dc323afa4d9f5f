// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Bpf.Tests.Kernel;
using Xunit;

namespace Sluice.Bpf.Tests.Selection;

public sealed class KernelTypesTests
{
    [Fact]
    public void FindMismatch_TheKernelsOwnTypes_IsNone()
    {
        Assert.SkipUnless(File.Exists(KernelFeatures.KernelBtfPath), "Needs a kernel with BTF.");

        Assert.Null(KernelTypes.FindMismatch(KernelFeatures.KernelBtfPath));
    }

    [Fact]
    public void FindMismatch_TypesOfAnotherKernel_NamesTheStruct()
    {
        KernelTest.RequirePrivilege();
        Assert.SkipUnless(File.Exists(KernelFeatures.KernelBtfPath), "Needs a kernel with BTF.");

        // Its BTF has a task_struct of a size that no kernel has.
        string? mismatch = KernelTypes.FindMismatch(KernelTest.ObjectFile("foreign_types"));

        Assert.NotNull(mismatch);
        Assert.Contains("struct task_struct has 24 bytes in the file", mismatch, StringComparison.Ordinal);
    }

    [Fact]
    public void FindMismatch_FileWithoutTypes_IsRefused()
    {
        KernelTest.RequirePrivilege();

        Assert.Contains("/etc/passwd", Assert.Throws<BpfException>(() => KernelTypes.FindMismatch("/etc/passwd")).Message, StringComparison.Ordinal);
    }
}
