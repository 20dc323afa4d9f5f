// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Decoding;

/// <summary>A report of loss, read in place. Lives as long as the sample it was made from; copies nothing, allocates nothing.</summary>
public readonly ref struct CaptureLossView
{
    private readonly ref readonly CaptureLossHeader _fixed;

    private CaptureLossView(EventHeaderView header, ref readonly CaptureLossHeader fixedPart)
    {
        Header = header;
        _fixed = ref fixedPart;
    }

    /// <summary>The head that every sample has.</summary>
    public EventHeaderView Header { get; }

    /// <summary>Samples lost by this cause since its last report.</summary>
    public ulong Lost => Unaligned.Read(in _fixed.Lost);

    /// <summary>Samples lost by this cause since the start.</summary>
    public ulong Total => Unaligned.Read(in _fixed.Total);

    /// <summary>The cause's name up to its NUL.</summary>
    public ReadOnlySpan<byte> Cause => EventHeaderView.UpToNul(_fixed.Cause);

    /// <summary>False when <paramref name="sample"/> is no report of loss or too short for one. Never throws, never reads past it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> sample, out CaptureLossView view)
    {
        if (EventHeaderView.TryParse(sample, out EventHeaderView header))
        {
            return TryParse(header, out view);
        }

        view = default;
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out CaptureLossView)"/>
    public static bool TryParse(EventHeaderView header, out CaptureLossView view)
    {
        ReadOnlySpan<byte> sample = header.Sample;
        if (sample.Length >= CaptureLossHeader.SizeInBytes && header.Kind == EventKind.CaptureLoss)
        {
            // The length check above is the one bounds check of every property: the struct lies inside the span.
            view = new CaptureLossView(header, in Unsafe.As<byte, CaptureLossHeader>(ref MemoryMarshal.GetReference(sample)));
            return true;
        }

        view = default;
        return false;
    }
}
