// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Features;

/// <summary>The capabilities that matter here, by their numbers in linux/capability.h.</summary>
public enum LinuxCapability
{
    /// <summary>Write to any file; implies the reading.</summary>
    DacOverride = 1,

    /// <summary>Read any file and directory.</summary>
    DacReadSearch = 2,

    /// <summary>Look into other users' processes.</summary>
    SysPtrace = 19,

    /// <summary>Nearly everything; before Linux 5.8 also what Perfmon and Bpf stand for.</summary>
    SysAdmin = 21,

    /// <summary>Raise resource limits (locked memory, before Linux 5.11).</summary>
    SysResource = 24,

    /// <summary>Trace the whole system (Linux 5.8).</summary>
    Perfmon = 38,

    /// <summary>Load BPF programs and make maps (Linux 5.8).</summary>
    Bpf = 39,
}
