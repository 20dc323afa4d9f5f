// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Wire;

/// <summary>A report of loss inside the stream; mirrors <c>struct sluice_capture_loss</c> in bpf/include/event.h (112 bytes).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = SizeInBytes)]
public struct CaptureLossHeader
{
    public const int SizeInBytes = 112;

    public EventHeader Header;

    /// <summary>Samples lost by this cause since its last report.</summary>
    public ulong Lost;

    /// <summary>Samples lost by this cause since the start.</summary>
    public ulong Total;

    public Cause32 Cause;
}

/// <summary>The name of a cause of loss, NUL-terminated ASCII.</summary>
[InlineArray(32)]
public struct Cause32
{
    private byte _first;
}
