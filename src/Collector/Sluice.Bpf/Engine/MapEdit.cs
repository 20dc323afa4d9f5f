// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>What a map is to be in place of what its object says. Applied before the load; what is null stays.</summary>
/// <param name="Map">The name in the C source.</param>
public sealed record MapEdit(string Map)
{
    /// <summary>Entries; bytes for a ring buffer.</summary>
    public uint? MaxEntries { get; init; }

    /// <summary>Another type that the programs can use in the same way, e.g. an LRU hash for a hash.</summary>
    public BpfMapType? Type { get; init; }

    /// <summary>Bytes of a key.</summary>
    public uint? KeySize { get; init; }

    /// <summary>Bytes of a value.</summary>
    public uint? ValueSize { get; init; }

    /// <summary>BPF_F_* of linux/bpf.h.</summary>
    public uint? Flags { get; init; }

    /// <summary>False: the load leaves the map out, for a kernel that lacks its type; no loaded program may use it then.</summary>
    public bool? IsCreated { get; init; }

    internal void Apply(BpfObject bpf)
    {
        BpfMap map = bpf.Map(Map);
        if (Type is not null || KeySize is not null || ValueSize is not null || Flags is not null)
        {
            map.Respecify(Type, KeySize, ValueSize, Flags);
        }

        if (MaxEntries is { } entries)
        {
            map.MaxEntries = entries;
        }

        if (IsCreated is { } isCreated)
        {
            map.SetAutoCreate(isCreated);
        }
    }
}
