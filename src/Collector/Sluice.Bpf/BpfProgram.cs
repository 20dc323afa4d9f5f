// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>A program of a <see cref="BpfObject"/>; usable as long as that is not disposed.</summary>
public sealed unsafe partial class BpfProgram
{
    /// <summary>For <see cref="TestRun"/>: run on whichever CPU the caller is on.</summary>
    public const uint AnyCpu = uint.MaxValue;

    private readonly ObjectHandle _owner;
    private readonly nint _program;

    internal BpfProgram(ObjectHandle owner, nint program)
    {
        _owner = owner;
        _program = program;

        // SAFETY: libbpf returns NUL-terminated strings that live as long as the object; they are copied here.
        unsafe
        {
            Name = Marshal.PtrToStringUTF8((nint)Libbpf.bpf_program__name(program)) ?? string.Empty;
            SectionName = Marshal.PtrToStringUTF8((nint)Libbpf.bpf_program__section_name(program)) ?? string.Empty;
        }
    }

    /// <summary>The C function's name.</summary>
    public string Name { get; }

    /// <summary>The ELF section, which says what kind of program it is, e.g. <c>uprobe</c> or <c>tp_btf/sched_process_exit</c>.</summary>
    public string SectionName { get; }

    /// <summary>The descriptor, or negative before the load. It is closed with the object; do not close it.</summary>
    public int Fd
    {
        get
        {
            using HandleLease lease = new(_owner);
            return Libbpf.bpf_program__fd(_program);
        }
    }

    /// <summary>
    /// Runs that the kernel left out because the program was running on that CPU already; at kprobes and tracepoints with records, because any such program was.
    /// Counted from Linux 5.12 on for fentry and fexit, from 6.1 on for raw and BTF tracepoints, from 6.7 on for the others; 0 before the load and where the
    /// kernel does not count. Some microseconds.
    /// </summary>
    /// <exception cref="BpfException">The kernel refused to tell.</exception>
    public ulong RecursionMisses
    {
        get
        {
            using HandleLease lease = new(_owner);
            int fd = Libbpf.bpf_program__fd(_program);
            if (fd < 0)
            {
                return 0;
            }

            // SAFETY: the kernel writes at most the size that is passed with the structure, and clears what it does not know.
            unsafe
            {
                bpf_prog_info info = default;
                uint size = (uint)sizeof(bpf_prog_info);
                _ = SysResult.FromLibbpf(Libbpf.bpf_obj_get_info_by_fd(fd, &info, &size)).ThrowOnError("bpf_obj_get_info_by_fd", Subject);
                return info.recursion_misses;
            }
        }
    }

    private string Subject => "program '" + Name + "'";

    /// <summary>Whether <see cref="BpfObject.Load"/> loads it. Before the load only.</summary>
    public void SetAutoLoad(bool autoLoad)
    {
        using HandleLease lease = new(_owner);
        int result = Libbpf.bpf_program__set_autoload(_program, autoLoad ? (byte)1 : (byte)0);
        _ = SysResult.FromLibbpf(result).ThrowOnError("bpf_program__set_autoload", Subject);
    }

    /// <summary>Whether <see cref="BpfObject.Load"/> loads it, or has loaded it.</summary>
    public bool IsAutoLoad
    {
        get
        {
            using HandleLease lease = new(_owner);
            return Libbpf.bpf_program__autoload(_program) != 0;
        }
    }

    /// <summary>Attaches to an instruction of a binary, for one process or all (Linux 4.17); the program must be of an uprobe section.</summary>
    /// <exception cref="BpfException">ENOENT: no such file; EINVAL: no probe can be at that offset; EOPNOTSUPP: no cookies (Linux &lt; 5.15).</exception>
    public BpfLink AttachUprobe(in UprobeTarget target)
    {
        using HandleLease lease = new(_owner);
        string subject = string.Create(CultureInfo.InvariantCulture, $"{Subject} at {target.Path}+0x{target.Offset:x}");
        FileDescriptor perfEvent = ProbeEvent.OpenUprobe(target.Path, target.Offset, target.IsReturn, target.Pid, subject);
        return ProbeEvent.Attach(Libbpf.bpf_program__fd(_program), perfEvent, target.Cookie, subject);
    }

    /// <summary>Attaches to a raw tracepoint, e.g. <c>sched_process_exit</c> (Linux 4.17).</summary>
    /// <exception cref="BpfException">EINVAL or ENOENT: there is no such tracepoint.</exception>
    public BpfLink AttachRawTracepoint(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using HandleLease lease = new(_owner);
        LibbpfLog.Begin();
        nint link = Libbpf.bpf_program__attach_raw_tracepoint(_program, name);
        return ToLink(SysResult.FromPointer(link), link, "bpf_program__attach_raw_tracepoint", $"{Subject} at raw tracepoint '{name}'");
    }

    /// <summary>Attaches where the section name says, e.g. <c>tp_btf/sched_process_exit</c>.</summary>
    /// <exception cref="BpfException">The section name says no place, or the kernel refused it.</exception>
    public BpfLink Attach()
    {
        using HandleLease lease = new(_owner);
        LibbpfLog.Begin();
        nint link = Libbpf.bpf_program__attach(_program);
        return ToLink(SysResult.FromPointer(link), link, "bpf_program__attach", $"{Subject} (section '{SectionName}')");
    }

    /// <summary>Runs a raw tracepoint program once with the given context and waits for it (Linux 5.10).</summary>
    /// <param name="context">What the program gets as its context: up to 12 × 8 bytes.</param>
    /// <param name="cpu">CPU to run on, or <see cref="AnyCpu"/>.</param>
    /// <param name="flags">BPF_F_TEST_RUN_* besides the one that <paramref name="cpu"/> implies.</param>
    /// <exception cref="BpfException">EINVAL: the program reads past <paramref name="context"/>; ENXIO: no such CPU.</exception>
    public BpfTestRunResult TestRun(ReadOnlySpan<byte> context, uint cpu = AnyCpu, uint flags = 0)
    {
        using HandleLease lease = new(_owner);

        // SAFETY: context is pinned and its length passed with it; the options live on the stack for the length of the call.
        unsafe
        {
            fixed (byte* contextPointer = context)
            {
                bpf_test_run_opts options = new()
                {
                    sz = (nuint)sizeof(bpf_test_run_opts),
                    ctx_in = contextPointer,
                    ctx_size_in = (uint)context.Length,
                    flags = flags | (cpu == AnyCpu ? 0 : bpf_test_run_opts.BPF_F_TEST_RUN_ON_CPU),
                    cpu = cpu == AnyCpu ? 0 : cpu,
                };
                int result = Libbpf.bpf_prog_test_run_opts(Libbpf.bpf_program__fd(_program), &options);
                _ = SysResult.FromLibbpf(result).ThrowOnError("bpf_prog_test_run_opts", Subject);
                return new BpfTestRunResult(options.retval, options.duration);
            }
        }
    }

    /// <summary>Runs a program for packets once with the given packet and waits for it (Linux 4.12). Its verdict is of no consequence.</summary>
    /// <param name="packet">From the Ethernet header on: at least 14 bytes, at most a page's rest. Programs that begin at the network header see what is behind these 14.</param>
    /// <exception cref="BpfException">EINVAL: the packet is too short or too long.</exception>
    public BpfTestRunResult TestRunPacket(ReadOnlySpan<byte> packet)
    {
        using HandleLease lease = new(_owner);

        // SAFETY: packet is pinned and its length passed with it; the options live on the stack for the length of the call.
        unsafe
        {
            fixed (byte* packetPointer = packet)
            {
                bpf_test_run_opts options = new()
                {
                    sz = (nuint)sizeof(bpf_test_run_opts),
                    data_in = packetPointer,
                    data_size_in = (uint)packet.Length,
                    repeat = 1,
                };
                int result = Libbpf.bpf_prog_test_run_opts(Libbpf.bpf_program__fd(_program), &options);
                _ = SysResult.FromLibbpf(result).ThrowOnError("bpf_prog_test_run_opts", Subject);
                return new BpfTestRunResult(options.retval, options.duration);
            }
        }
    }

    private static BpfLink ToLink(SysResult result, nint link, string call, string subject)
    {
        if (result.IsError)
        {
            throw BpfException.FromErrno(call, result.Error, subject, LibbpfLog.Text);
        }

        return new BpfLink(link);
    }
}
