// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Decoding;

/// <summary>Reads a field of a wire struct wherever it lies: samples stand in an arena back to back, so nothing about them is aligned.</summary>
internal static class Unaligned
{
    /// <summary>The value of <paramref name="field"/>, which need not be aligned for its type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Read<T>(ref readonly T field)
        where T : unmanaged =>
        Unsafe.ReadUnaligned<T>(ref Unsafe.As<T, byte>(ref Unsafe.AsRef(in field)));
}
