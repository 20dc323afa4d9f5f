// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>The kernel's map types by their numbers in linux/bpf.h (those in common use; any other number can be cast).</summary>
public enum BpfMapType
{
    Unspecified = 0,
    Hash = 1,
    Array = 2,
    ProgramArray = 3,
    PerfEventArray = 4,
    PerCpuHash = 5,
    PerCpuArray = 6,
    StackTrace = 7,
    CgroupArray = 8,
    LruHash = 9,
    LruPerCpuHash = 10,
    LpmTrie = 11,
    ArrayOfMaps = 12,
    HashOfMaps = 13,
    Queue = 22,
    Stack = 23,
    SkStorage = 24,

    /// <summary>Linux 5.8.</summary>
    RingBuffer = 27,

    /// <summary>Linux 5.11.</summary>
    TaskStorage = 29,
}
