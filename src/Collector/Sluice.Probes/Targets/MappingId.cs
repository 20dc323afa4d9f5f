// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Targets;

/// <summary>
/// A mapped file as the kernel names it in mapping lists and events: enough to know a file again without opening it. The path is part of it because inode numbers
/// are used again; not so in <see cref="FileKey"/>, which is the inode itself.
/// </summary>
internal readonly record struct MappingId(uint Major, uint Minor, ulong Inode, int PathHash)
{
    internal static MappingId Of(uint major, uint minor, ulong inode, ReadOnlySpan<byte> path)
    {
        HashCode hash = default;
        hash.AddBytes(path);
        return new MappingId(major, minor, inode, hash.ToHashCode());
    }
}
