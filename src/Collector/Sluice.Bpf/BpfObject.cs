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
public sealed unsafe partial class BpfObject : IDisposable
{
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

    /// <summary>The names of all maps, those that libbpf makes for global data among them.</summary>
    public IReadOnlyList<string> MapNames
    {
        get
        {
            using HandleLease lease = new(_handle);
            List<string> names = [];
            for (nint at = Libbpf.bpf_object__next_map(lease.Value, 0); at != 0; at = Libbpf.bpf_object__next_map(lease.Value, at))
            {
                // SAFETY: libbpf gives a NUL-terminated string that lives as long as the object, which is leased here.
                unsafe
                {
                    names.Add(Marshal.PtrToStringUTF8((nint)Libbpf.bpf_map__name(at)) ?? string.Empty);
                }
            }

            return names;
        }
    }

    /// <summary>Finds a map by its name in the C source.</summary>
    /// <exception cref="BpfException">ENOENT: the object has no such map; the message lists those it has.</exception>
    public BpfMap Map(string name)
    {
        using HandleLease lease = new(_handle);
        if (!_maps.TryGetValue(name, out BpfMap? map))
        {
            nint found = Libbpf.bpf_object__find_map_by_name(lease.Value, name);
            map = found != 0 ? new BpfMap(_handle, found, name) : throw Missing("bpf_object__find_map_by_name", "map", name, MapNames);
            _maps.Add(name, map);
        }

        return map;
    }

    /// <summary>Whether the object has a map of that name.</summary>
    public bool HasMap(string name)
    {
        using HandleLease lease = new(_handle);
        return Libbpf.bpf_object__find_map_by_name(lease.Value, name) != 0;
    }

    /// <summary>Whether the object has a program of that name.</summary>
    public bool HasProgram(string name)
    {
        foreach (BpfProgram program in Programs)
        {
            if (program.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds a program by its function's name.</summary>
    /// <exception cref="BpfException">ENOENT: the object has no such program; the message lists those it has.</exception>
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

        throw Missing("bpf_object__find_program_by_name", "program", name, names);
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
            WriteConstantsMap();
            return;
        }

        const string call = "bpf_object__load";
        string output = LibbpfLog.Text;
        BpfException? rejected = VerifierException.FromLibbpfOutput(call, result.Error, output);
        throw rejected ?? BpfException.FromErrno(call, result.Error, Subject, output);
    }

    /// <summary>Closes maps and programs; attached programs run on until their links are disposed. Idempotent.</summary>
    public void Dispose() => _handle.Dispose();

    private BpfException Missing(string call, string kind, string name, IReadOnlyList<string> present) =>
        new(call, Errno.ENOENT, $"{Subject} has no {kind} '{name}'; it has: {(present.Count == 0 ? "none" : string.Join(", ", present))}.");

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
}
