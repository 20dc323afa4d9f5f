// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Ordering;

/// <summary>Where a sample stands: its stream, its number there, and how many before it the kernel says it lost.</summary>
internal readonly record struct SampleOrder(StreamKey Stream, ulong Sequence, uint LostBefore)
{
    /// <summary>The number from which on this sample stands for everything up to itself.</summary>
    public ulong Start => Sequence - Math.Min(LostBefore, Sequence);

    /// <summary>False for what has no sequence, and for what is no whole sample.</summary>
    public static bool TryRead(ReadOnlySpan<byte> sample, out SampleOrder order)
    {
        if (TlsDataView.TryParse(sample, out TlsDataView tls))
        {
            order = new(new StreamKey(tls.ConnectionId, tls.Direction), tls.Sequence, tls.LostBefore);
            return true;
        }

        if (ConnectionView.TryParse(sample, out ConnectionView connection))
        {
            // Numbered by connection and not by direction; the ids are not those of TLS connections, whose directions are 1 and 2.
            order = new(new StreamKey(connection.ConnectionId, TrafficDirection.Unknown), connection.Sequence, connection.LostBefore);
            return true;
        }

        order = default;
        return false;
    }

    /// <summary>Writes into a sample that <paramref name="missing"/> samples are missing before it.</summary>
    /// <param name="sample">One that <see cref="TryRead"/> took.</param>
    /// <param name="missing">Those that the kernel says it lost included.</param>
    public static void MarkGap(Span<byte> sample, uint missing)
    {
        ref EventHeader header = ref MemoryMarshal.AsRef<EventHeader>(sample);
        header.Flags |= SampleFlags.Gap;
        if (header.Kind == EventKind.Connection)
        {
            MemoryMarshal.AsRef<ConnectionHeader>(sample).LostBefore = missing;
        }
        else
        {
            MemoryMarshal.AsRef<TlsDataHeader>(sample).LostBefore = missing;
        }
    }
}
