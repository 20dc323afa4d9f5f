// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Bpf;

/// <summary>Turns perf side-band records into reports of executable mappings.</summary>
internal readonly struct MappingRecords : IPerfRecordHandler
{
    /// <summary>Offsets in PERF_RECORD_MMAP2 behind its header: u32 pid, tid; u64 addr, len, pgoff; u32 maj, min; u64 ino, generation; u32 prot, flags; char filename[].</summary>
    private const int PidOffset = 0;
    private const int MajorOffset = 32;
    private const int MinorOffset = 36;
    private const int InodeOffset = 40;
    private const int PathOffset = 64;

    private readonly Action<ExecutableMapping> _onMapping;
    private readonly Action<ulong>? _onLost;

    public MappingRecords(Action<ExecutableMapping> onMapping, Action<ulong>? onLost)
    {
        _onMapping = onMapping;
        _onLost = onLost;
    }

    public bool OnRecord(int source, uint type, scoped ReadOnlySpan<byte> body)
    {
        if (type == PerfRing.PERF_RECORD_LOST)
        {
            if (body.Length < 2 * sizeof(ulong))
            {
                return false;
            }

            _onLost?.Invoke(MemoryMarshal.Read<ulong>(body[sizeof(ulong)..]));
        }
        else if (type == PerfRing.PERF_RECORD_MMAP2)
        {
            if (body.Length < PathOffset)
            {
                return false;
            }

            if (TryRead(body, out ExecutableMapping mapping))
            {
                _onMapping(mapping);
            }
        }

        return true;
    }

    /// <summary>False for memory without a file (vdso, anonymous, JIT code), which has no inode.</summary>
    private static bool TryRead(scoped ReadOnlySpan<byte> body, out ExecutableMapping mapping)
    {
        ulong inode = MemoryMarshal.Read<ulong>(body[InodeOffset..]);
        ReadOnlySpan<byte> path = body[PathOffset..];
        int end = path.IndexOf((byte)0);
        mapping = default;
        if (inode == 0 || path.IsEmpty || path[0] != '/')
        {
            return false;
        }

        mapping = new ExecutableMapping(
            MemoryMarshal.Read<int>(body[PidOffset..]),
            MemoryMarshal.Read<uint>(body[MajorOffset..]),
            MemoryMarshal.Read<uint>(body[MinorOffset..]),
            inode,
            Encoding.UTF8.GetString(end < 0 ? path : path[..end]));
        return true;
    }
}
