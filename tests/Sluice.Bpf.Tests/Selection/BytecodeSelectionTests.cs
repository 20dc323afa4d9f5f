// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Xunit;

namespace Sluice.Bpf.Tests.Selection;

/// <summary>The whole table: mode × kernel × BTF × BTF file × container.</summary>
public sealed class BytecodeSelectionTests
{
    private const string Container = "/.dockerenv exists";
    private const string BtfFile = "/tmp/kernel.btf";

    // mode, BTF of the kernel, BTF file given → flavour. Written out, not computed: this is the specification.
    private static readonly (BytecodeMode Mode, bool KernelBtf, bool File, string Flavour)[] s_flavours =
    [
        (BytecodeMode.Auto, false, false, "_noncore"),
        (BytecodeMode.Auto, false, true, "_core"),
        (BytecodeMode.Auto, true, false, "_core"),
        (BytecodeMode.Auto, true, true, "_core"),
        (BytecodeMode.Core, false, false, "_core"),
        (BytecodeMode.Core, false, true, "_core"),
        (BytecodeMode.Core, true, false, "_core"),
        (BytecodeMode.Core, true, true, "_core"),
        (BytecodeMode.NonCore, false, false, "_noncore"),
        (BytecodeMode.NonCore, false, true, "_noncore"),
        (BytecodeMode.NonCore, true, false, "_noncore"),
        (BytecodeMode.NonCore, true, true, "_noncore"),
    ];

    private static readonly (KernelVersion Kernel, string Age)[] s_kernels =
    [
        (default, ""),
        (new KernelVersion(4, 18), "_less52"),
        (new KernelVersion(4, 19, 300), "_less52"),
        (new KernelVersion(5, 1, 21), "_less52"),
        (new KernelVersion(5, 2), ""),
        (new KernelVersion(5, 10, 209), ""),
        (new KernelVersion(6, 18, 44), ""),
        (new KernelVersion(7, 2), ""),
    ];

    public static TheoryData<BytecodeMode, bool, bool, KernelVersion, bool, string> Table
    {
        get
        {
            TheoryData<BytecodeMode, bool, bool, KernelVersion, bool, string> table = [];
            foreach ((BytecodeMode mode, bool kernelBtf, bool file, string flavour) in s_flavours)
            {
                foreach ((KernelVersion kernel, string age) in s_kernels)
                {
                    table.Add(mode, kernelBtf, file, kernel, false, "openssl_kern" + flavour + age + ".o");
                    table.Add(mode, kernelBtf, file, kernel, true, "openssl_kern" + flavour + age + ".o");
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Choose_EveryCombination_IsTheDesignsFile(BytecodeMode mode, bool kernelBtf, bool file, KernelVersion kernel, bool container, string expected)
    {
        BytecodeChoice choice = Choose(mode, kernelBtf, file, kernel, container);

        Assert.Equal(expected, choice.FileName);
        Assert.Equal(expected.Contains("_core", StringComparison.Ordinal), choice.IsCore);
        Assert.Equal(expected.Contains("_less52", StringComparison.Ordinal), choice.IsLess52);
        Assert.Equal(2, choice.Reasons.Count);
        Assert.Equal(ExpectedWarnings(mode, kernelBtf, file, kernel, container), choice.Warnings.Count);
    }

    [Fact]
    public void Table_OfTheTest_HasEveryCombinationOnce() =>
        Assert.Equal(s_flavours.Length, s_flavours.Select(static row => (row.Mode, row.KernelBtf, row.File)).Distinct().Count());

    [Fact]
    public void Choose_InAContainer_WarnsAndGoesOn()
    {
        BytecodeChoice choice = Choose(BytecodeMode.Auto, kernelBtf: true, file: false, new KernelVersion(6, 1), container: true);

        Assert.Equal("openssl_kern_core.o", choice.FileName);
        Assert.Contains(Container, Assert.Single(choice.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_CoreWithoutBtf_SaysThatTheLoadWillFailAndWhatHelps()
    {
        string warning = Assert.Single(Choose(BytecodeMode.Core, kernelBtf: false, file: false, new KernelVersion(6, 1), container: false).Warnings);

        Assert.Contains("--btf-file", warning, StringComparison.Ordinal);
        Assert.Contains("--btf noncore", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openssl_kern")]
    [InlineData("openssl_kern.o")]
    public void Choose_BaseNameWithOrWithoutItsExtension_IsTheSame(string baseName) =>
        Assert.Equal("openssl_kern_core.o", BytecodeSelection.Choose(Request(BytecodeMode.Core, true, false, new KernelVersion(6, 1), false) with { BaseName = baseName }).FileName);

    [Fact]
    public void Choose_NoNameOrNoSuchMode_IsRefused()
    {
        BytecodeRequest request = Request(BytecodeMode.Auto, true, false, new KernelVersion(6, 1), false);

        Assert.Throws<ArgumentException>(() => BytecodeSelection.Choose(request with { BaseName = "" }));
        Assert.Throws<ArgumentException>(() => BytecodeSelection.Choose(request with { Mode = (BytecodeMode)3 }));
    }

    private static int ExpectedWarnings(BytecodeMode mode, bool kernelBtf, bool file, KernelVersion kernel, bool container)
    {
        List<bool> reasonsToWarn = [container, kernel == default, mode == BytecodeMode.Core && !kernelBtf && !file];
        return reasonsToWarn.Count(static reason => reason);
    }

    private static BytecodeChoice Choose(BytecodeMode mode, bool kernelBtf, bool file, KernelVersion kernel, bool container) =>
        BytecodeSelection.Choose(Request(mode, kernelBtf, file, kernel, container));

    private static BytecodeRequest Request(BytecodeMode mode, bool kernelBtf, bool file, KernelVersion kernel, bool container) => new()
    {
        BaseName = "openssl_kern.o",
        Mode = mode,
        Kernel = kernel,
        HasKernelBtf = kernelBtf,
        BtfFile = file ? BtfFile : null,
        ContainerHint = container ? Container : null,
    };
}
