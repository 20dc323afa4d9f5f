// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Features;

namespace Sluice.Bpf.Selection;

/// <summary>
/// Chooses the build of a BPF object: <c>name_core.o</c>, <c>name_noncore.o</c>, and either of them with <c>_less52</c> before it ends.
/// A pure function of its argument: it looks at nothing else.
/// </summary>
public static class BytecodeSelection
{
    private const string Extension = ".o";

    /// <summary>The first kernel with global data and bounded loops.</summary>
    private static readonly KernelVersion s_globalData = new(5, 2);

    /// <summary>The build for a kernel.</summary>
    /// <exception cref="ArgumentException">The base name is empty.</exception>
    public static BytecodeChoice Choose(in BytecodeRequest request)
    {
        ArgumentException.ThrowIfNullOrEmpty(request.BaseName, nameof(request));
        List<string> reasons = [], warnings = [];
        bool isCore = ChooseCore(request, reasons, warnings);
        bool isLess52 = IsLess52(request.Kernel, reasons, warnings);
        if (request.ContainerHint is { } hint)
        {
            warnings.Add($"This looks like a container ({hint}): what /proc and /sys say of the kernel may not be the host's, and the choice of {(isCore ? "CO-RE" : "non-CO-RE")} bytecode may be wrong. Force it with --btf core or --btf noncore.");
        }

        string stem = request.BaseName.EndsWith(Extension, StringComparison.Ordinal) ? request.BaseName[..^Extension.Length] : request.BaseName;
        string fileName = stem + (isCore ? "_core" : "_noncore") + (isLess52 ? "_less52" : string.Empty) + Extension;
        return new BytecodeChoice(fileName, isCore, isLess52, reasons, warnings);
    }

    private static bool ChooseCore(in BytecodeRequest request, List<string> reasons, List<string> warnings)
    {
        bool hasBtf = request.HasKernelBtf || request.BtfFile is not null;
        switch (request.Mode)
        {
            case BytecodeMode.Core:
                reasons.Add("CO-RE was asked for.");
                if (!hasBtf)
                {
                    warnings.Add($"CO-RE needs the kernel's types, but {KernelFeatures.KernelBtfPath} is missing: the load will fail. Name a BTF file of this kernel with --btf-file, or use --btf noncore.");
                }

                return true;
            case BytecodeMode.NonCore:
                reasons.Add("Non-CO-RE was asked for.");
                return false;
            case BytecodeMode.Auto when request.BtfFile is { } file:
                reasons.Add($"CO-RE, because the BTF file {file} was given.");
                return true;
            case BytecodeMode.Auto when request.HasKernelBtf:
                reasons.Add($"CO-RE, because {KernelFeatures.KernelBtfPath} exists.");
                return true;
            case BytecodeMode.Auto:
                reasons.Add($"Non-CO-RE, because {KernelFeatures.KernelBtfPath} does not exist and no BTF file was given.");
                return false;
            default:
                throw new ArgumentException($"There is no bytecode mode {request.Mode}.", nameof(request));
        }
    }

    private static bool IsLess52(KernelVersion kernel, List<string> reasons, List<string> warnings)
    {
        if (kernel == default)
        {
            reasons.Add("The kernel's version is not known; it is taken to be 5.2 or later.");
            warnings.Add("The kernel's version could not be read: if it is older than 5.2, the load will fail.");
            return false;
        }

        bool isLess52 = kernel < s_globalData;
        reasons.Add(isLess52
            ? $"Kernel {kernel} is older than 5.2: no global data and no loops (_less52)."
            : $"Kernel {kernel} is 5.2 or later.");
        return isLess52;
    }
}
