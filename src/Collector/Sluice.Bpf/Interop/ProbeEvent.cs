// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Sluice.Bpf.Interop;

/// <summary>
/// Perf events that fire programs: uprobes, kprobes and tracepoints. Opened here and not through libbpf, because libbpf's links hide the
/// event, and a detach that is to be fast must take the program out first and close the event, which waits for the kernel, later.
/// </summary>
internal static unsafe class ProbeEvent
{
    public const string UprobeKind = "uprobe";
    public const string KprobeKind = "kprobe";

    private const int AnyCpu = -1;
    private const int FirstCpu = 0;
    private const int NoGroup = -1;
    private const int AllProcesses = -1;
    private const string EventSources = "/sys/bus/event_source/devices/";

    private static readonly string[] s_tracefs = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

    /// <summary>Where the kernel lists its tracepoints; null when no tracefs is mounted.</summary>
    public static string? TracefsPath => Array.Find(s_tracefs, static path => Directory.Exists(Path.Combine(path, "events")));

    /// <summary>Opens a probe at an instruction of a file, or (with a negative pid) of all processes that map it.</summary>
    public static FileDescriptor OpenUprobe(string path, ulong offset, bool isReturn, int pid, string subject) =>
        OpenProbe(UprobeKind, path, offset, isReturn, pid, subject);

    /// <summary>Opens a probe at a function of the kernel; at an absolute address when there is no name.</summary>
    public static FileDescriptor OpenKprobe(string? function, ulong offsetOrAddress, bool isReturn, string subject) =>
        OpenProbe(KprobeKind, function, offsetOrAddress, isReturn, AllProcesses, subject);

    public static FileDescriptor OpenTracepoint(string category, string name, string subject)
    {
        string tracefs = TracefsPath ?? throw new BpfException(
            "open", Errno.ENOENT, $"{subject} cannot be attached: tracefs is not mounted. Mount it with: mount -t tracefs tracefs /sys/kernel/tracing");
        string idPath = Path.Combine(tracefs, "events", category, name, "id");
        if (!File.Exists(idPath))
        {
            throw new BpfException("open", Errno.ENOENT, $"{subject} cannot be attached: this kernel has no tracepoint {category}:{name} ({idPath} is missing).");
        }

        PerfEventAttr attr = new()
        {
            type = PerfEventAttr.PERF_TYPE_TRACEPOINT,
            size = PerfEventAttr.SizeInBytes,
            config = ulong.Parse(File.ReadAllText(idPath), CultureInfo.InvariantCulture),
            sample_period = 1,
        };
        return Open(attr, AllProcesses, subject);
    }

    /// <summary>Runs the program whenever the event fires, until the link is disposed. Takes over <paramref name="perfEvent"/>, also when it throws.</summary>
    public static BpfLink Attach(int program, FileDescriptor perfEvent, ulong cookie, string subject)
    {
        try
        {
            SysResult link = CreateLink(program, perfEvent, cookie);
            BpfLink attached = link.IsError && IsUnknownLink(link.Error)
                ? AttachWithoutLink(program, perfEvent, cookie, subject)
                : new BpfLink(new FileDescriptor((int)link.ThrowOnError("bpf(BPF_LINK_CREATE)", subject)), perfEvent);
            return Enable(attached, perfEvent, subject);
        }
        catch
        {
            perfEvent.Dispose();
            throw;
        }
    }

    private static SysResult CreateLink(int program, FileDescriptor perfEvent, ulong cookie)
    {
        // SAFETY: the attributes live on the stack for the length of the call, which is told their size.
        unsafe
        {
            bpf_attr_perf_link attributes = new()
            {
                prog_fd = (uint)program,
                target_fd = (uint)perfEvent.Value,
                attach_type = Libc.BPF_PERF_EVENT,
                bpf_cookie = cookie,
            };
            return Libc.BpfLinkCreate(&attributes);
        }
    }

    /// <summary>Before Linux 5.15 an event has no link; what a program of the wrong kind gets is told by the way that follows.</summary>
    private static bool IsUnknownLink(int error) => error is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP;

    private static BpfLink AttachWithoutLink(int program, FileDescriptor perfEvent, ulong cookie, string subject)
    {
        if (cookie != 0)
        {
            throw BpfException.FromErrno("bpf(BPF_LINK_CREATE)", Errno.EOPNOTSUPP, subject + " with a cookie");
        }

        _ = SysResult.FromLibc(Libc.ioctl(perfEvent.Value, PerfEventAttr.PERF_EVENT_IOC_SET_BPF, program)).ThrowOnError("ioctl(PERF_EVENT_IOC_SET_BPF)", subject);
        return new BpfLink(perfEvent);
    }

    private static BpfLink Enable(BpfLink link, FileDescriptor perfEvent, string subject)
    {
        SysResult enabled = SysResult.FromLibc(Libc.ioctl(perfEvent.Value, PerfEventAttr.PERF_EVENT_IOC_ENABLE, 0));
        if (enabled.IsError)
        {
            link.Dispose();
            enabled.ThrowOnError("ioctl(PERF_EVENT_IOC_ENABLE)", subject);
        }

        return link;
    }

    private static FileDescriptor OpenProbe(string kind, string? place, ulong offset, bool isReturn, int pid, string subject)
    {
        uint type = ReadType(kind, subject);
        byte[] placeBytes = place is null ? [] : Encoding.UTF8.GetBytes(place + '\0');

        // SAFETY: the kernel copies the text, which ends with a NUL, during the call; it is pinned for that. An empty array pins to null,
        // which stands for an address.
        unsafe
        {
            fixed (byte* placePointer = placeBytes)
            {
                PerfEventAttr attr = new()
                {
                    type = type,
                    size = PerfEventAttr.SizeInBytes,
                    config = isReturn ? 1UL << ReadReturnBit(kind) : 0,
                    config1 = (ulong)placePointer,
                    config2 = offset,
                };
                return Open(attr, pid, subject);
            }
        }
    }

    private static FileDescriptor Open(PerfEventAttr attr, int pid, string subject)
    {
        // An event needs a process or a CPU. For programs the CPU does not matter: they run wherever the probe is hit.
        int cpu = pid < 0 ? FirstCpu : AnyCpu;

        // SAFETY: attr is a copy on this stack for the length of the call, and its size field says how much of it the kernel may read.
        unsafe
        {
            int fd = Libc.PerfEventOpen(&attr, pid, cpu, NoGroup, PerfEventAttr.PERF_FLAG_FD_CLOEXEC);
            return new FileDescriptor((int)SysResult.FromLibc(fd).ThrowOnError("perf_event_open", subject));
        }
    }

    private static uint ReadType(string kind, string subject)
    {
        string path = EventSources + kind + "/type";
        return File.Exists(path)
            ? uint.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture)
            : throw new BpfException("open", Errno.ENOENT, $"{subject} cannot be attached: this kernel has no {kind}s ({path} is missing).");
    }

    /// <summary>Such as <c>config:0</c>.</summary>
    private static int ReadReturnBit(string kind)
    {
        string text = File.ReadAllText(EventSources + kind + "/format/retprobe");
        return int.Parse(text.AsSpan(text.IndexOf(':', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
    }
}
