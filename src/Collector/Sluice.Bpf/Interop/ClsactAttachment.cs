// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace Sluice.Bpf.Interop;

/// <summary>
/// One filter in a clsact queueing discipline. Releasing it removes exactly that filter, by the priority and handle that the kernel gave it, and
/// with the last of our filters the discipline, when it was us who made it.
/// </summary>
internal sealed unsafe class ClsactAttachment : SafeHandle
{
    private static readonly Lock s_gate = new();

    /// <summary>Filters of ours by interface, where the discipline is ours. Guarded by <see cref="s_gate"/>.</summary>
    private static readonly Dictionary<int, int> s_filtersInOurs = [];

    private readonly int _interfaceIndex;
    private readonly int _direction;
    private readonly uint _filterHandle;
    private readonly uint _priority;

    private ClsactAttachment(int interfaceIndex, int direction, uint filterHandle, uint priority)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        _interfaceIndex = interfaceIndex;
        _direction = direction;
        _filterHandle = filterHandle;
        _priority = priority;
        SetHandle(1);
    }

    public override bool IsInvalid => false;

    public static ClsactAttachment Create(int program, int interfaceIndex, int direction, string subject)
    {
        lock (s_gate)
        {
            MakeDiscipline(interfaceIndex, subject);
            try
            {
                bpf_tc_opts options = Attach(program, interfaceIndex, direction, subject);
                return new ClsactAttachment(interfaceIndex, direction, options.handle, options.priority);
            }
            catch
            {
                RemoveDiscipline(interfaceIndex);
                throw;
            }
        }
    }

    protected override bool ReleaseHandle()
    {
        lock (s_gate)
        {
            int result = Detach();
            RemoveDiscipline(_interfaceIndex);

            // An interface that is gone has taken its filters with it.
            return result is 0 or -Errno.ENODEV or -Errno.ENOENT;
        }
    }

    /// <summary>Gives back the options with the handle and the priority that the kernel chose.</summary>
    private static bpf_tc_opts Attach(int program, int interfaceIndex, int direction, string subject)
    {
        // SAFETY: both structs live on the stack for the length of the call, and their sz fields say how much of them libbpf may use.
        unsafe
        {
            bpf_tc_hook hook = Hook(interfaceIndex, direction);
            bpf_tc_opts options = new() { sz = (nuint)sizeof(bpf_tc_opts), prog_fd = program };
            LibbpfLog.Begin();
            Check(Libbpf.bpf_tc_attach(&hook, &options), "bpf_tc_attach", subject);
            return options;
        }
    }

    private int Detach()
    {
        // SAFETY: as in Attach.
        unsafe
        {
            bpf_tc_hook hook = Hook(_interfaceIndex, _direction);
            bpf_tc_opts options = new() { sz = (nuint)sizeof(bpf_tc_opts), handle = _filterHandle, priority = _priority };
            LibbpfLog.Begin();
            return Libbpf.bpf_tc_detach(&hook, &options);
        }
    }

    private static void Check(int result, string call, string subject)
    {
        if (result < 0)
        {
            throw BpfException.FromErrno(call, -result, subject, LibbpfLog.Text);
        }
    }

    private static bpf_tc_hook Hook(int interfaceIndex, int direction) =>
        new() { sz = (nuint)sizeof(bpf_tc_hook), ifindex = interfaceIndex, attach_point = direction };

    private static bpf_tc_hook WholeHook(int interfaceIndex) => Hook(interfaceIndex, bpf_tc_hook.BPF_TC_INGRESS | bpf_tc_hook.BPF_TC_EGRESS);

    private static void MakeDiscipline(int interfaceIndex, string subject)
    {
        if (s_filtersInOurs.TryGetValue(interfaceIndex, out int filters))
        {
            s_filtersInOurs[interfaceIndex] = filters + 1;
            return;
        }

        int result;

        // SAFETY: the struct lives on the stack for the length of the call, and its sz says how much of it libbpf may read.
        unsafe
        {
            bpf_tc_hook hook = WholeHook(interfaceIndex);
            LibbpfLog.Begin();
            result = Libbpf.bpf_tc_hook_create(&hook);
        }

        if (result != -Errno.EEXIST)
        {
            Check(result, "bpf_tc_hook_create", subject);
            s_filtersInOurs.Add(interfaceIndex, 1);
        }
    }

    private static void RemoveDiscipline(int interfaceIndex)
    {
        if (!s_filtersInOurs.TryGetValue(interfaceIndex, out int filters))
        {
            return;
        }

        if (filters > 1)
        {
            s_filtersInOurs[interfaceIndex] = filters - 1;
            return;
        }

        s_filtersInOurs.Remove(interfaceIndex);

        // SAFETY: as in MakeDiscipline.
        unsafe
        {
            bpf_tc_hook hook = WholeHook(interfaceIndex);
            LibbpfLog.Begin();
            _ = Libbpf.bpf_tc_hook_destroy(&hook);
        }
    }
}
