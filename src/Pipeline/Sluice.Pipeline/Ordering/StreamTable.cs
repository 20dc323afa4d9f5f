// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Pipeline.Ordering;

/// <summary>
/// A bounded number of streams; the one to forget is found by second chance: a hand goes round and takes the first that had no sample since it
/// was there last. Against a list by age this costs one store per sample instead of six. Not thread-safe.
/// </summary>
internal sealed class StreamTable(int maxStreams)
{
    private readonly Dictionary<StreamKey, int> _indexes = [];
    private SequencedStream[] _streams = new SequencedStream[Math.Min(64, maxStreams)];
    private int _count;
    private int _hand;
    private bool _hasForgotten;

    /// <summary>True when a stream has to be removed before one can be added.</summary>
    public bool IsFull => _count == maxStreams;

    public ref SequencedStream this[int index] => ref _streams[index];

    public bool TryFind(StreamKey key, out int index) => _indexes.TryGetValue(key, out index);

    /// <summary>Adds a stream that starts at 0; the table must not be full.</summary>
    public int Add(StreamKey key)
    {
        if (_count == _streams.Length)
        {
            Array.Resize(ref _streams, Math.Min(_streams.Length * 2, maxStreams));
        }

        int index = _count++;
        Place(index, key);
        return index;
    }

    /// <summary>Puts a new stream where the forgotten one was, which must hold no samples any more.</summary>
    public void Replace(int index, StreamKey key)
    {
        _hasForgotten = true;
        _indexes.Remove(_streams[index].Key);
        Place(index, key);
    }

    /// <summary>The stream to forget: quiet, and holding nothing if there is such a one.</summary>
    public int ChooseVictim()
    {
        // Two rounds: the first may only clear marks. After them every stream holds samples; any of them will do.
        for (int steps = 2 * _count; steps > 0; steps--)
        {
            ref SequencedStream stream = ref _streams[Advance()];
            if (!stream.WasUsed && stream.Head == HeldSamples.None)
            {
                return _hand;
            }

            stream.WasUsed = false;
        }

        return Advance();
    }

    private int Advance() => _hand = _hand + 1 < _count ? _hand + 1 : 0;

    private void Place(int index, StreamKey key)
    {
        _indexes.Add(key, index);
        _streams[index] = new SequencedStream
        {
            Key = key,
            Head = HeldSamples.None,
            Hint = HeldSamples.None,
            MayBeResumed = _hasForgotten,
            WasUsed = true,
        };
    }
}
