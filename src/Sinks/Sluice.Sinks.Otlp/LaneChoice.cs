// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Decoding;

namespace Sluice.Sinks.Otlp;

/// <summary>Which samples go through a lane: all of a connection through the same one, so that they keep their order.</summary>
/// <param name="Lane">The lane, from 0.</param>
/// <param name="Lanes">How many there are.</param>
internal readonly record struct LaneChoice(int Lane, int Lanes)
{
    public bool Takes(ReadOnlySpan<byte> sample) => Lanes == 1 || LaneOf(sample) == Lane;

    private int LaneOf(ReadOnlySpan<byte> sample)
    {
        ulong connection = TlsDataView.TryParse(sample, out TlsDataView tls) ? tls.ConnectionId
            : ConnectionView.TryParse(sample, out ConnectionView view) ? view.ConnectionId
            : 0;

        // Ids are counted up, by CPU in their high bits: multiplied (by 2⁶⁴/φ) both parts show in the bits that are taken.
        return (int)(((connection * 0x9e37_79b9_7f4a_7c15) >> 32) % (uint)Lanes);
    }
}
