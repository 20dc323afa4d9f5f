// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>What the typed maps check once, when they are made.</summary>
internal static class MapTypes
{
    /// <exception cref="ArgumentException">A type has another size than the map's key or value.</exception>
    public static void Check<TKey, TValue>(BpfMap map)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (Unsafe.SizeOf<TKey>() != map.KeySize || Unsafe.SizeOf<TValue>() != map.ValueSize)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The map '{map.Name}' has keys of {map.KeySize} and values of {map.ValueSize} bytes, but {typeof(TKey).Name} has {Unsafe.SizeOf<TKey>()} and {typeof(TValue).Name} {Unsafe.SizeOf<TValue>()}."),
                nameof(map));
        }
    }

    /// <summary>Whether this is how a kernel says that it does not know an operation.</summary>
    public static bool IsUnsupported(int errno) => errno is Errno.EINVAL or Errno.ENOTSUPP or Errno.EOPNOTSUPP;
}
