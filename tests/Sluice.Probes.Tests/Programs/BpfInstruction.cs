// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;

namespace Sluice.Probes.Tests.Programs;

/// <summary>One eight-byte instruction (<c>struct bpf_insn</c>).</summary>
internal readonly record struct BpfInstruction(byte Code, byte Source, short Offset, int Immediate)
{
    public const int Size = 8;

    private const byte StoreClass = 3, JumpClass = 5, Jump32Class = 6;
    private const byte CallCode = 0x85, Exit = 0x90, AtomicMode = 0xc0;

    private int Class => Code & 7;

    private int Operation => Code & 0xf0;

    public bool IsJump32 => Class == Jump32Class;

    public bool IsJump => Class is JumpClass or Jump32Class && Code != CallCode && Operation != Exit;

    /// <summary>Calls a function of the kernel; <see cref="Immediate"/> is its number.</summary>
    public bool IsHelperCall => Code == CallCode && Source == 0;

    /// <summary>Calls a function of the object.</summary>
    public bool IsLocalCall => Code == CallCode && Source == 1;

    /// <summary>An atomic operation that is more than an addition: such came with Linux 5.12.</summary>
    public bool IsModernAtomic => Class == StoreClass && (Code & 0xe0) == AtomicMode && Immediate != 0;

    public static BpfInstruction Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0], (byte)(bytes[1] >> 4), BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
}
