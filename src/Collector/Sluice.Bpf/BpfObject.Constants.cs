// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Constants: <c>const volatile</c> globals in .rodata, or, in objects without global data (kernels before 5.2), the members of the value of an
/// array map named <c>constants</c>. Whoever sets them need not know which.
/// </summary>
public sealed unsafe partial class BpfObject
{
    /// <summary>The map that stands for .rodata in objects without global data: one entry, whose value is a struct of all constants.</summary>
    public const string ConstantsMapName = "constants";

    private const string ReadOnlyDataSection = ".rodata";

    /// <summary>What the map <c>constants</c> gets after the load; null when no constant was set there.</summary>
    private byte[]? _constants;

    /// <summary>The names of the constants that can be set.</summary>
    public IReadOnlyList<string> ConstantNames
    {
        get
        {
            using HandleLease lease = new(_handle);
            List<string> names = [];
            ForEachConstant(lease.Value, (name, _, _) =>
            {
                names.Add(name);
                return false;
            });
            return names;
        }
    }

    /// <summary>Gives a constant of the object its value. Before <see cref="Load"/> only: the kernel freezes constants.</summary>
    /// <exception cref="ArgumentException">The constant has another size than <typeparamref name="T"/>.</exception>
    /// <exception cref="BpfException">ENOENT: the object has no such constant, and the message lists those it has; EBUSY: it is loaded already.</exception>
    public void SetConstant<T>(string constant, in T value)
        where T : unmanaged => SetConstant(constant, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), typeof(T).Name);

    /// <summary>The same with the value's bytes, as C lays them out.</summary>
    /// <exception cref="ArgumentException">The constant has another size.</exception>
    /// <exception cref="BpfException">As with <see cref="SetConstant{T}(string, in T)"/>.</exception>
    public void SetConstant(string constant, ReadOnlySpan<byte> value) => SetConstant(constant, value, "the value");

    private void SetConstant(string constant, ReadOnlySpan<byte> value, string typeName)
    {
        ArgumentException.ThrowIfNullOrEmpty(constant);
        using HandleLease lease = new(_handle);
        ThrowIfLoaded();
        int offset = -1, size = 0;
        ForEachConstant(lease.Value, (name, at, bytes) =>
        {
            (offset, size) = name == constant ? (at, bytes) : (offset, size);
            return offset >= 0;
        });
        if (offset < 0)
        {
            throw Missing("btf__type_by_id", "constant", constant, ConstantNames);
        }

        if (size != value.Length)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The constant '{constant}' of {Subject} has {size} bytes, but {typeName} has {value.Length}."), nameof(constant));
        }

        value.CopyTo(ConstantData(lease.Value).Slice(offset, size));
    }

    private void ThrowIfLoaded()
    {
        foreach (BpfProgram program in Programs)
        {
            if (program.Fd >= 0)
            {
                throw new BpfException("bpf_map__initial_value", Errno.EBUSY, $"Constants of {Subject} can be set only before it is loaded.");
            }
        }
    }

    /// <summary>Visits name, offset and size of each constant until the visitor says true.</summary>
    private static void ForEachConstant(nint obj, Func<string, int, int, bool> visitor)
    {
        nint btf = Libbpf.bpf_object__btf(obj);
        if (btf == 0)
        {
            return;
        }

        int section = Libbpf.btf__find_by_name_kind(btf, ReadOnlyDataSection, Libbpf.BTF_KIND_DATASEC);
        if (section >= 0)
        {
            ForEachVariable(btf, (uint)section, visitor);
            return;
        }

        nint map = Libbpf.bpf_object__find_map_by_name(obj, ConstantsMapName);
        if (map != 0)
        {
            ForEachMember(btf, Libbpf.bpf_map__btf_value_type_id(map), visitor);
        }
    }

    private static void ForEachVariable(nint btf, uint section, Func<string, int, int, bool> visitor)
    {
        // SAFETY: btf__type_by_id gives a type of the object's own BTF, which libbpf validated when it opened the object: a
        // DATASEC is followed by vlen entries, and each names a type that exists. All of it lives as long as the object.
        unsafe
        {
            btf_type* type = Libbpf.btf__type_by_id(btf, section);
            btf_var_secinfo* entries = (btf_var_secinfo*)(type + 1);
            for (int i = 0; type != null && i < type->vlen; i++)
            {
                btf_type* variable = Libbpf.btf__type_by_id(btf, entries[i].type);

                // struct btf_var behind a VAR: its linkage. Statics and string literals are nobody's to set.
                bool isGlobal = *(uint*)(variable + 1) == Libbpf.BTF_VAR_GLOBAL_ALLOCATED;
                if (isGlobal && visitor(NameAt(btf, variable->name_off), (int)entries[i].offset, (int)entries[i].size))
                {
                    return;
                }
            }
        }
    }

    private static void ForEachMember(nint btf, uint structure, Func<string, int, int, bool> visitor)
    {
        const uint BitsPerByte = 8, OffsetMask = 0xffffff;

        // SAFETY: as in ForEachVariable; a STRUCT is followed by vlen members. Offsets and sizes are checked against the map's value by the slice
        // that is taken with them.
        unsafe
        {
            btf_type* type = structure == 0 ? null : Libbpf.btf__type_by_id(btf, structure);
            if (type == null || type->kind != Libbpf.BTF_KIND_STRUCT)
            {
                return;
            }

            btf_member* members = (btf_member*)(type + 1);
            for (int i = 0; i < type->vlen; i++)
            {
                long size = Libbpf.btf__resolve_size(btf, members[i].type);
                if (size > 0 && visitor(NameAt(btf, members[i].name_off), (int)((members[i].offset & OffsetMask) / BitsPerByte), (int)size))
                {
                    return;
                }
            }
        }
    }

    private static string NameAt(nint btf, uint offset)
    {
        // SAFETY: libbpf gives a NUL-terminated string of the object's BTF, which lives as long as the object; it is copied here.
        unsafe
        {
            return Marshal.PtrToStringUTF8((nint)Libbpf.btf__name_by_offset(btf, offset)) ?? string.Empty;
        }
    }

    private Span<byte> ConstantData(nint obj)
    {
        nint map = Libbpf.bpf_object__find_map_by_name(obj, ReadOnlyDataSection);
        if (map == 0)
        {
            return _constants ??= new byte[Map(ConstantsMapName).ValueSize];
        }

        // SAFETY: libbpf gives the section's start and its size; the memory lives as long as the object, which the caller leases.
        unsafe
        {
            nuint size = 0;
            void* start = Libbpf.bpf_map__initial_value(map, &size);
            return start == null
                ? throw new BpfException("bpf_map__initial_value", Errno.ENOENT, $"{Subject} has no initial {ReadOnlyDataSection}.")
                : new Span<byte>(start, checked((int)size));
        }
    }

    private void WriteConstantsMap()
    {
        if (_constants is { } value)
        {
            Map(ConstantsMapName).UpdateBytes(0, value);
        }
    }
}
