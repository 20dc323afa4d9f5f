// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// A kernel map: one of a <see cref="BpfObject"/> (lives as long as that) or one made by <see cref="Create"/> (lives until
/// it is disposed; the kernel keeps it while another map or a program refers to it). Operations are system calls that do
/// not block; they may be made from any thread.
/// </summary>
public sealed unsafe partial class BpfMap : IDisposable
{
    private const uint BPF_F_MMAPABLE = 1u << 10;

    private static readonly Lazy<int> s_possibleCpus = new(CountPossibleCpus);

    /// <summary>The object's handle or the map's own descriptor; open while the map may be used.</summary>
    private readonly SafeHandle _owner;

    /// <summary>libbpf's struct bpf_map; 0 when the map was made by <see cref="Create"/>.</summary>
    private readonly nint _map;

    private readonly uint _createdMaxEntries;
    private readonly uint _createdFlags;

    internal BpfMap(ObjectHandle owner, nint map, string name)
    {
        _owner = owner;
        _map = map;
        Name = name;
        Type = (BpfMapType)Libbpf.bpf_map__type(map);
        KeySize = (int)Libbpf.bpf_map__key_size(map);
        ValueSize = (int)Libbpf.bpf_map__value_size(map);
    }

    private BpfMap(FileDescriptor descriptor, BpfMapType type, string name, int keySize, int valueSize, uint maxEntries, uint flags)
    {
        _owner = descriptor;
        Name = name;
        Type = type;
        KeySize = keySize;
        ValueSize = valueSize;
        _createdMaxEntries = maxEntries;
        _createdFlags = flags;
    }

    /// <summary>CPUs that the kernel could ever bring up: the number of values of a per-CPU map's entry.</summary>
    public static int PossibleCpus => s_possibleCpus.Value;

    /// <summary>CPUs that are up now, whatever share of them this process may use: programs run on all of them.</summary>
    public static int OnlineCpus => CpuList.ReadOnline().Length;

    /// <summary>The map's name in the object, or as it was created.</summary>
    public string Name { get; }

    /// <summary>The kernel's map type.</summary>
    public BpfMapType Type { get; private set; }

    /// <summary>Bytes of a key.</summary>
    public int KeySize { get; private set; }

    /// <summary>Bytes of a value; in a per-CPU map, of one CPU's value.</summary>
    public int ValueSize { get; private set; }

    /// <summary>The descriptor, or negative before the object is loaded. It is closed with the map's owner; do not close it.</summary>
    public int Fd
    {
        get
        {
            using HandleLease lease = new(_owner);
            return FdOf(lease);
        }
    }

    /// <summary>Capacity: entries, or bytes for a ring buffer. Settable before the object is loaded.</summary>
    /// <exception cref="BpfException">Set after the load, or a value that libbpf refuses.</exception>
    public uint MaxEntries
    {
        get
        {
            using HandleLease lease = new(_owner);
            return _map == 0 ? _createdMaxEntries : Libbpf.bpf_map__max_entries(_map);
        }

        set
        {
            using HandleLease lease = new(_owner);
            ThrowIfCreated();
            LibbpfLog.Begin();
            Check(Libbpf.bpf_map__set_max_entries(_map, value), "bpf_map__set_max_entries");
        }
    }

    private string Subject => "map '" + Name + "'";

    /// <summary>Makes a map that belongs to no object, e.g. an inner map of an array of maps.</summary>
    /// <param name="type">The kernel's map type.</param>
    /// <param name="name">Up to 15 characters of it reach the kernel.</param>
    /// <param name="keySize">Bytes of a key; 0 for a ring buffer.</param>
    /// <param name="valueSize">Bytes of a value; 0 for a ring buffer.</param>
    /// <param name="maxEntries">Entries; for a ring buffer bytes, a power of two and a multiple of the page size.</param>
    /// <param name="flags">BPF_F_* of linux/bpf.h.</param>
    /// <exception cref="BpfException">The kernel refused; with EPERM the privilege is missing, with EINVAL the type or a size.</exception>
    public static BpfMap Create(BpfMapType type, string name, int keySize, int valueSize, uint maxEntries, uint flags = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(keySize);
        ArgumentOutOfRangeException.ThrowIfNegative(valueSize);
        string subject = string.Create(CultureInfo.InvariantCulture, $"map '{name}' (type {type}, max_entries {maxEntries})");
        LibbpfLibrary.EnsureUsable();
        LibbpfLog.Begin();
        int fd;

        // SAFETY: the options live on the stack for the length of the call, and sz says how much of them libbpf may read.
        unsafe
        {
            bpf_map_create_opts options = new() { sz = (nuint)sizeof(bpf_map_create_opts), map_flags = flags };
            fd = Libbpf.bpf_map_create((int)type, name, (uint)keySize, (uint)valueSize, maxEntries, &options);
        }

        int value = (int)SysResult.FromLibbpf(fd).ThrowOnError("bpf_map_create", subject);
        return new BpfMap(new FileDescriptor(value), type, name, keySize, valueSize, maxEntries, flags);
    }

    /// <summary>Whether the load creates the map; a kernel that lacks its type can then still load the rest. Before the load only.</summary>
    public void SetAutoCreate(bool autoCreate)
    {
        using HandleLease lease = new(_owner);
        ThrowIfCreated();
        Check(Libbpf.bpf_map__set_autocreate(_map, autoCreate ? (byte)1 : (byte)0), "bpf_map__set_autocreate");
    }

    /// <summary>Gives the map another type, key or value size or flags than the object says. Before the load only; what is null stays.</summary>
    /// <exception cref="BpfException">Set after the load, or a value that libbpf refuses.</exception>
    public void Respecify(BpfMapType? type = null, uint? keySize = null, uint? valueSize = null, uint? flags = null)
    {
        using HandleLease lease = new(_owner);
        ThrowIfCreated();
        LibbpfLog.Begin();
        if (type is { } newType)
        {
            Check(Libbpf.bpf_map__set_type(_map, (int)newType), "bpf_map__set_type");
            Type = newType;
        }

        if (keySize is { } keyBytes)
        {
            Check(Libbpf.bpf_map__set_key_size(_map, keyBytes), "bpf_map__set_key_size");
            KeySize = (int)keyBytes;
        }

        if (valueSize is { } valueBytes)
        {
            Check(Libbpf.bpf_map__set_value_size(_map, valueBytes), "bpf_map__set_value_size");
            ValueSize = (int)valueBytes;
        }

        if (flags is { } mapFlags)
        {
            Check(Libbpf.bpf_map__set_map_flags(_map, mapFlags), "bpf_map__set_map_flags");
        }
    }

    /// <summary>Sets an entry, whether it exists or not.</summary>
    /// <exception cref="ArgumentException">A type is not as large as the map's key or value.</exception>
    /// <exception cref="BpfException">The kernel refused, e.g. E2BIG: the map is full or the index too large.</exception>
    public void Update<TKey, TValue>(in TKey key, in TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckSizes<TKey, TValue>();
        using HandleLease lease = new(_owner);

        // SAFETY: both types have exactly the sizes that the kernel will read (checked above); the values are pinned.
        unsafe
        {
            fixed (TKey* keyPointer = &key)
            fixed (TValue* valuePointer = &value)
            {
                Check(Libbpf.bpf_map_update_elem(FdOf(lease), keyPointer, valuePointer, 0), "bpf_map_update_elem");
            }
        }
    }

    /// <summary>Reads an entry; false when there is none.</summary>
    /// <exception cref="ArgumentException">A type is not as large as the map's key or value, or the map is per-CPU.</exception>
    /// <exception cref="BpfException">The kernel refused for another reason than a missing entry.</exception>
    public bool TryLookup<TKey, TValue>(in TKey key, out TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckSizes<TKey, TValue>();
        using HandleLease lease = new(_owner);
        TValue found = default;
        int result;

        // SAFETY: the kernel writes ValueSize bytes, which is sizeof(TValue), and reads KeySize = sizeof(TKey) (checked above).
        unsafe
        {
            fixed (TKey* keyPointer = &key)
            {
                result = Libbpf.bpf_map_lookup_elem(FdOf(lease), keyPointer, &found);
            }
        }

        value = found;
        return CheckFound(result, "bpf_map_lookup_elem");
    }

    /// <summary>Removes an entry; false when there was none.</summary>
    public bool Delete<TKey>(in TKey key)
        where TKey : unmanaged
    {
        CheckKeySize<TKey>();
        using HandleLease lease = new(_owner);

        // SAFETY: the kernel reads KeySize = sizeof(TKey) bytes of the pinned key.
        unsafe
        {
            fixed (TKey* keyPointer = &key)
            {
                return CheckFound(Libbpf.bpf_map_delete_elem(FdOf(lease), keyPointer), "bpf_map_delete_elem");
            }
        }
    }

    /// <summary>Reads a per-CPU entry: one value for each of <see cref="PossibleCpus"/>, by CPU number.</summary>
    /// <remarks>Each value is a consistent copy only as far as the program writes it in one piece.</remarks>
    /// <exception cref="BpfException">The kernel refused; ENOENT: there is no such entry.</exception>
    public TValue[] LookupPerCpu<TKey, TValue>(in TKey key)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKeySize<TKey>();
        ThrowIfSizeDiffers(sizeof(TValue), ValueSize, typeof(TValue), "value");
        if (!IsPerCpu)
        {
            throw new InvalidOperationException($"The {Subject} is no per-CPU map; use TryLookup.");
        }

        using HandleLease lease = new(_owner);
        int stride = PaddedValueSize;
        byte[] raw = new byte[stride * PossibleCpus];

        // SAFETY: for per-CPU maps the kernel writes round_up(value_size, 8) bytes for each possible CPU: raw's length.
        unsafe
        {
            fixed (TKey* keyPointer = &key)
            fixed (byte* rawPointer = raw)
            {
                Check(Libbpf.bpf_map_lookup_elem(FdOf(lease), keyPointer, rawPointer), "bpf_map_lookup_elem");
            }
        }

        TValue[] values = new TValue[PossibleCpus];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            values[cpu] = MemoryMarshal.Read<TValue>(raw.AsSpan(cpu * stride));
        }

        return values;
    }

    /// <summary>Maps an array's values into this process (BPF_F_MMAPABLE, Linux 5.5); entry i is at i × round_up(<see cref="ValueSize"/>, 8).</summary>
    /// <exception cref="InvalidOperationException">The map is no mmap-able array.</exception>
    /// <exception cref="BpfException">mmap failed.</exception>
    public MappedMemory Map()
    {
        using HandleLease lease = new(_owner);
        uint flags = _map == 0 ? _createdFlags : Libbpf.bpf_map__map_flags(_map);
        if (Type != BpfMapType.Array || (flags & BPF_F_MMAPABLE) == 0)
        {
            throw new InvalidOperationException($"The {Subject} cannot be mapped: only an array with BPF_F_MMAPABLE can.");
        }

        nuint pageMask = (nuint)Environment.SystemPageSize - 1;
        nuint length = ((nuint)PaddedValueSize * MaxEntries + pageMask) & ~pageMask;
        return MappedMemory.Map(FdOf(lease), length, writable: true, offset: 0, Subject);
    }

    /// <summary>Closes a map made by <see cref="Create"/>; does nothing to a map of an object, which closes it. Idempotent.</summary>
    public void Dispose()
    {
        if (_map == 0)
        {
            _owner.Dispose();
        }
    }

    /// <summary>Sets an entry of an array by its bytes.</summary>
    internal void UpdateBytes(uint index, ReadOnlySpan<byte> value)
    {
        if (KeySize != sizeof(uint) || value.Length != ValueSize || IsPerCpu)
        {
            throw new ArgumentException($"The {Subject} is no array of values of that size.", nameof(value));
        }

        using HandleLease lease = new(_owner);

        // SAFETY: the kernel reads 4 bytes of the key and ValueSize bytes of the value, which both have (checked above); the value is pinned.
        unsafe
        {
            fixed (byte* valuePointer = value)
            {
                Check(Libbpf.bpf_map_update_elem(FdOf(lease), &index, valuePointer, 0), "bpf_map_update_elem");
            }
        }
    }

    private bool IsPerCpu => Type is BpfMapType.PerCpuArray or BpfMapType.PerCpuHash or BpfMapType.LruPerCpuHash;

    private int PaddedValueSize => (ValueSize + 7) & ~7;

    private static int CountPossibleCpus()
    {
        LibbpfLibrary.EnsureUsable();
        return (int)SysResult.FromLibbpf(Libbpf.libbpf_num_possible_cpus()).ThrowOnError("libbpf_num_possible_cpus", "this host");
    }

    private int FdOf(in HandleLease lease) => _map == 0 ? (int)lease.Value : Libbpf.bpf_map__fd(_map);

    private void CheckSizes<TKey, TValue>([CallerMemberName] string operation = "")
        where TKey : unmanaged
        where TValue : unmanaged
    {
        CheckKeySize<TKey>();
        if (IsPerCpu)
        {
            // The kernel would write one value for each possible CPU behind a single one.
            throw new InvalidOperationException($"The {Subject} is a per-CPU map; {operation} handles single values, LookupPerCpu reads it.");
        }

        ThrowIfSizeDiffers(sizeof(TValue), ValueSize, typeof(TValue), "value");
    }

    private void CheckKeySize<TKey>()
        where TKey : unmanaged => ThrowIfSizeDiffers(sizeof(TKey), KeySize, typeof(TKey), "key");

    private void ThrowIfSizeDiffers(int given, int expected, Type type, string role)
    {
        if (given != expected)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The {role} type {type.Name} has {given} bytes, but a {role} of {Subject} has {expected}."));
        }
    }

    private void ThrowIfCreated()
    {
        if (_map == 0)
        {
            throw new InvalidOperationException($"The {Subject} exists already; this is settable only for a map of an object that is not loaded.");
        }
    }

    private void Check(int result, string call) => _ = SysResult.FromLibbpf(result).ThrowOnError(call, Subject);

    private bool CheckFound(int result, string call)
    {
        if (result == -Errno.ENOENT)
        {
            return false;
        }

        Check(result, call);
        return true;
    }
}
