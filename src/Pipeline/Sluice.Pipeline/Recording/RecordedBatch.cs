// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Recording;

/// <summary>The samples of one frame of a recording. Lives until the reader's next call; its bytes were checked.</summary>
public ref struct RecordedBatch
{
    private const int SampleSizeAt = 4;

    private ReadOnlySpan<byte> _rest;

    internal RecordedBatch(scoped in BatchStamp stamp, int count, ReadOnlySpan<byte> samples)
    {
        Stamp = stamp;
        Count = count;
        _rest = samples;
    }

    /// <summary>What its samples share, as it was in the run that recorded them.</summary>
    public BatchStamp Stamp { get; }

    /// <summary>Samples in the batch, those taken included.</summary>
    public int Count { get; }

    /// <summary>Takes the next sample; false behind the last one.</summary>
    public bool TryTake(out ReadOnlySpan<byte> sample)
    {
        if (_rest.IsEmpty)
        {
            sample = default;
            return false;
        }

        int size = (int)SizeOf(_rest);
        sample = _rest[..size];
        _rest = _rest[size..];
        return true;
    }

    /// <summary>True when the bytes are exactly so many samples, each as long as it says.</summary>
    internal static bool HoldsExactly(ReadOnlySpan<byte> samples, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (samples.Length < Wire.EventHeader.SizeInBytes || SizeOf(samples) is var size && (size < Wire.EventHeader.SizeInBytes || size > (uint)samples.Length))
            {
                return false;
            }

            samples = samples[(int)size..];
        }

        return samples.IsEmpty;
    }

    // Samples are in the byte order of the host, and files of the other one are refused.
    private static uint SizeOf(ReadOnlySpan<byte> sample) => BinaryPrimitives.ReadUInt32LittleEndian(sample[SampleSizeAt..]);
}
