// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Recording;

/// <summary>The bytes of a recording; docs/specs/raw-format.md is the contract. Numbers are little-endian, but for those inside samples.</summary>
internal static class RecordingFormat
{
    public const ushort Version = 1;

    /// <summary>Of docs/specs/wire-format.md, by which the samples are laid out.</summary>
    public const ushort SampleVersion = 1;

    public const byte LittleEndianSamples = 1;
    public const byte BigEndianSamples = 2;

    public const int VersionAt = 8;
    public const int SampleVersionAt = 10;
    public const int HeaderBytesAt = 12;
    public const int SampleOrderAt = 16;
    public const int FileNumberAt = 20;
    public const int RecordingIdAt = 24;
    public const int CreatedAt = 32;

    /// <summary>Bytes of the file header, its checksum at the end included. Later writers may append fields; this is the least.</summary>
    public const int HeaderBytes = 44;

    /// <summary>A longer file header is damage.</summary>
    public const int MaxHeaderBytes = 4096;

    public const int FrameKindAt = 8;
    public const int FrameBodyBytesAt = 12;
    public const int FrameFirstSampleAt = 16;
    public const int FrameSamplesAt = 24;
    public const int FrameBodyChecksumAt = 28;
    public const int FrameChecksumAt = 32;
    public const int FrameHeaderBytes = 36;

    public const ushort BatchKind = 1;

    /// <summary>A longer body is damage: it bounds what a reader has to hold. Batches have at most 256 KiB.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    public const int BatchClockOffsetAt = 0;
    public const int BatchObservedAt = 8;
    public const int BatchRunIdAt = 16;
    public const int BatchHeadBytesAt = 24;
    public const int BatchHostBytesAt = 26;
    public const int BatchHostAt = 28;

    /// <summary>As in PNG: a byte that is no ASCII, the name, and a line break that a text-mode copy would spoil.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'L', (byte)'U', (byte)'I', (byte)'C', (byte)'E', (byte)'\n'];
}
