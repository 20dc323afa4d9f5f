// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>The function of native/target.c in this process.</summary>
internal static class TargetFunction
{
    private static readonly nint s_address = NativeLibrary.GetExport(NativeLibrary.Load(KernelTest.TargetLibrary), "sluice_test_target");

    public static unsafe int Call(int value = 1) => ((delegate* unmanaged<int, int>)s_address)(value);

    /// <summary>The virtual address in the file's own tables: a shared library is linked to address 0, so it is the distance from where it was loaded.</summary>
    public static ulong AddressInFile()
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            if (line.EndsWith(KernelTest.TargetLibrary, StringComparison.Ordinal))
            {
                return (ulong)s_address - ulong.Parse(line[..line.IndexOf('-', StringComparison.Ordinal)], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException("The target library is not mapped.");
    }
}
