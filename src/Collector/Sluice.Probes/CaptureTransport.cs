// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes;

/// <summary>How samples travel from the programs to user space.</summary>
public enum CaptureTransport
{
    /// <summary>Ring buffer where the kernel has it (5.8), perf otherwise. Only a wish; never what a loaded module reports.</summary>
    Auto = 0,

    /// <summary>BPF ring buffer shards; kernel 5.8.</summary>
    RingBuffer = 1,

    /// <summary>One perf buffer per CPU.</summary>
    Perf = 2,
}
