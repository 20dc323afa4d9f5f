// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// One compiled BPF object: open, adjust (constants, map sizes, which programs), load, attach. Not thread-safe until it is
/// loaded. Disposing closes its maps and programs; links live on by themselves.
/// </summary>
/// <example>
/// <code>
/// using BpfObject bpf = BpfObject.Open(File.ReadAllBytes("openssl_kern_core.o"), "openssl_kern");
/// bpf.SetConstant("config", config);
/// bpf.Load();
/// using BpfLink link = bpf.Program("SSL_write_entry").AttachUprobe(target);
/// </code>
/// </example>
public sealed unsafe class BpfObject : IDisposable
{
    private const string ReadOnlyDataSection = ".rodata";

    private readonly ObjectHandle _handle;
    private readonly string _name;
    private readonly Dictionary<string, BpfMap> _maps = new(StringComparer.Ordinal);

    private BpfObject(ObjectHandle handle, string name)
    {
        _handle = handle;
        _name = name;
        Programs = ListPrograms(handle);
    }

    /// <summary>All programs, in the order of the object file.</summary>
    public IReadOnlyList<BpfProgram> Programs { get; }

    private string Subject => "BPF object '" + _name + "'";

    /// <summary>Parses an object file; nothing reaches the kernel yet.</summary>
    /// <param name="elf">The ELF file's bytes; copied as far as they are needed.</param>
    /// <param name="name">For messages, and for the kernel's names of .rodata, .bss and .data.</param>
    /// <param name="btfPath">A BTF file to relocate against in place of /sys/kernel/btf/vmlinux.</param>
    /// <exception cref="BpfException">libbpf is missing, or the bytes are no BPF object that it understands.</exception>
    public static BpfObject Open(ReadOnlySpan<byte> elf, string name, string? btfPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        LibbpfLibrary.EnsureUsable();
        LibbpfLog.Begin();
        nint obj = OpenMemory(elf, name, btfPath);
        SysResult result = SysResult.FromPointer(obj);
        if (result.IsError)
        {
            throw BpfException.FromErrno("bpf_object__open_mem", result.Error, "BPF object '" + name + "'", LibbpfLog.Text);
        }

        return new BpfObject(new ObjectHandle(obj), name);
    }

    /// <summary>Finds a map by its name in the C source.</summary>
    /// <exception cref="KeyNotFoundException">The object has no such map.</exception>
    public BpfMap Map(string name)
    {
        using HandleLease lease = new(_handle);
        if (!_maps.TryGetValue(name, out BpfMap? map))
        {
            nint found = Libbpf.bpf_object__find_map_by_name(lease.Value, name);
            map = found != 0 ? new BpfMap(_handle, found, name) : throw new KeyNotFoundException($"{Subject} has no map '{name}'.");
            _maps.Add(name, map);
        }

        return map;
    }

    /// <summary>Finds a program by its function's name.</summary>
    /// <exception cref="KeyNotFoundException">The object has no such program; the message lists those it has.</exception>
    public BpfProgram Program(string name)
    {
        List<string> names = [];
        foreach (BpfProgram program in Programs)
        {
            if (program.Name == name)
            {
                return program;
            }

            names.Add(program.Name);
        }

        throw new KeyNotFoundException($"{Subject} has no program '{name}'; it has: {string.Join(", ", names)}.");
    }

    /// <summary>Gives a <c>const volatile</c> global of the object its value. Before <see cref="Load"/> only: the kernel freezes constants.</summary>
    /// <exception cref="ArgumentException">The object has no such constant, or it has another size than <typeparamref name="T"/>.</exception>
    /// <exception cref="BpfException">The object is loaded already.</exception>
    public void SetConstant<T>(string variable, in T value)
        where T : unmanaged
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);
        using HandleLease lease = new(_handle);
        ThrowIfLoaded();
        btf_var_secinfo place = FindConstant(lease.Value, variable);
        if (place.size != (uint)sizeof(T))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The constant '{variable}' of {Subject} has {place.size} bytes, but {typeof(T).Name} has {sizeof(T)}."),
                nameof(variable));
        }

        Span<byte> section = ReadOnlyData(lease.Value);
        MemoryMarshal.Write(section.Slice((int)place.offset, (int)place.size), value);
    }

    /// <summary>Creates the maps, relocates the programs and has the kernel verify them. May take seconds for large programs.</summary>
    /// <exception cref="VerifierException">A program was rejected; it has the verifier's log.</exception>
    /// <exception cref="BpfException">A map could not be made, a relocation failed, or the privilege is missing.</exception>
    public void Load()
    {
        using HandleLease lease = new(_handle);
        LibbpfLog.Begin();
        SysResult result = SysResult.FromLibbpf(Libbpf.bpf_object__load(lease.Value));
        if (!result.IsError)
        {
            return;
        }

        const string call = "bpf_object__load";
        string output = LibbpfLog.Text;
        BpfException? rejected = VerifierException.FromLibbpfOutput(call, result.Error, output);
        throw rejected ?? BpfException.FromErrno(call, result.Error, Subject, output);
    }

    /// <summary>Closes maps and programs; attached programs run on until their links are disposed. Idempotent.</summary>
    public void Dispose() => _handle.Dispose();

    private static nint OpenMemory(ReadOnlySpan<byte> elf, string name, string? btfPath)
    {
        // SAFETY: libelf wants the headers aligned, so the file is copied to aligned memory; libbpf copies what it keeps
        // before it returns (bpf_object__elf_finish), so the copy and the strings may go afterwards.
        unsafe
        {
            byte* nativeName = Utf8StringMarshaller.ConvertToUnmanaged(name);
            byte* nativeBtfPath = Utf8StringMarshaller.ConvertToUnmanaged(btfPath);
            void* copy = NativeMemory.AlignedAlloc((nuint)elf.Length, 16);
            try
            {
                elf.CopyTo(new Span<byte>(copy, elf.Length));
                bpf_object_open_opts options = new()
                {
                    sz = (nuint)sizeof(bpf_object_open_opts),
                    object_name = nativeName,
                    btf_custom_path = nativeBtfPath,
                };
                return Libbpf.bpf_object__open_mem(copy, (nuint)elf.Length, &options);
            }
            finally
            {
                NativeMemory.AlignedFree(copy);
                Utf8StringMarshaller.Free(nativeBtfPath);
                Utf8StringMarshaller.Free(nativeName);
            }
        }
    }

    private static List<BpfProgram> ListPrograms(ObjectHandle handle)
    {
        using HandleLease lease = new(handle);
        List<BpfProgram> programs = [];
        for (nint at = Libbpf.bpf_object__next_program(lease.Value, 0); at != 0; at = Libbpf.bpf_object__next_program(lease.Value, at))
        {
            programs.Add(new BpfProgram(handle, at));
        }

        return programs;
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

    private btf_var_secinfo FindConstant(nint obj, string variable)
    {
        nint btf = Libbpf.bpf_object__btf(obj);
        int section = btf == 0 ? -1 : Libbpf.btf__find_by_name_kind(btf, ReadOnlyDataSection, Libbpf.BTF_KIND_DATASEC);

        // SAFETY: btf__type_by_id gives a type of the object's own BTF, which libbpf validated when it opened the object: a
        // DATASEC is followed by vlen entries, and each names a type that exists. All of it lives as long as the object.
        unsafe
        {
            btf_type* type = section < 0 ? null : Libbpf.btf__type_by_id(btf, (uint)section);
            btf_var_secinfo* entries = (btf_var_secinfo*)(type + 1);
            for (int i = 0; type != null && i < type->vlen; i++)
            {
                btf_type* entryType = Libbpf.btf__type_by_id(btf, entries[i].type);
                if (Marshal.PtrToStringUTF8((nint)Libbpf.btf__name_by_offset(btf, entryType->name_off)) == variable)
                {
                    return entries[i];
                }
            }
        }

        throw new ArgumentException($"{Subject} has no constant '{variable}' in {ReadOnlyDataSection}.", nameof(variable));
    }

    private Span<byte> ReadOnlyData(nint obj)
    {
        nint map = Libbpf.bpf_object__find_map_by_name(obj, ReadOnlyDataSection);

        // SAFETY: libbpf gives the section's start and its size; the memory lives as long as the object, which the caller leases.
        unsafe
        {
            nuint size = 0;
            void* start = map == 0 ? null : Libbpf.bpf_map__initial_value(map, &size);
            return start == null
                ? throw new BpfException("bpf_map__initial_value", Errno.ENOENT, $"{Subject} has no initial {ReadOnlyDataSection}.")
                : new Span<byte>(start, checked((int)size));
        }
    }
}
