// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Spool;

/// <summary>A row of the spool as it stands there. A view: its spans live as long as those of its source.</summary>
internal readonly ref struct StoredBatch
{
    public StoredBatch(
        uint checksum, long runId, long clockOffsetNs, long observedUnixNs, ReadOnlySpan<byte> origin, ReadOnlySpan<byte> ends, ReadOnlySpan<byte> samples)
    {
        Checksum = checksum;
        RunId = runId;
        ClockOffsetNs = clockOffsetNs;
        ObservedUnixNs = observedUnixNs;
        Origin = origin;
        Ends = ends;
        Samples = samples;
    }

    public uint Checksum { get; }

    public long RunId { get; }

    public long ClockOffsetNs { get; }

    public long ObservedUnixNs { get; }

    /// <summary>The rest of the origin, as <see cref="OriginTable"/> writes it.</summary>
    public ReadOnlySpan<byte> Origin { get; }

    /// <summary>Where each sample ends, 32-bit numbers.</summary>
    public ReadOnlySpan<byte> Ends { get; }

    public ReadOnlySpan<byte> Samples { get; }
}
