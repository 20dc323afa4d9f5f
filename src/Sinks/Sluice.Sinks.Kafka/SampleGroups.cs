// SPDX-License-Identifier: Apache-2.0
using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sluice.Sinks.Kafka;

/// <summary>The samples of one batch, sorted by topic and key: chains of indices, in the order of the batch. Allocates nothing once it has grown.</summary>
internal sealed class SampleGroups
{
    private const int None = -1;

    // Open addressing: places of groups, None where there is none. A power of two, at least twice as many as groups.
    private int[] _places = [];
    private Group[] _groups = new Group[16];
    private int[] _next = new int[256];
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Makes room for a batch of this many samples.</summary>
    public void Reset(int samples)
    {
        _count = 0;
        if (_next.Length < samples)
        {
            _next = new int[BitOperations.RoundUpToPowerOf2((uint)samples)];
        }

        int places = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * samples, 16));
        if (_places.Length < places)
        {
            _places = new int[places];
        }

        _places.AsSpan().Fill(None);
    }

    /// <summary>Appends a sample to its group; a new key begins one.</summary>
    public void Add(int sample, RecordTemplate template, ulong? number)
    {
        _next[sample] = None;
        int mask = _places.Length - 1;
        for (int place = Hash(number) & mask; ; place = (place + 1) & mask)
        {
            int at = _places[place];
            if (at == None)
            {
                _places[place] = AddGroup(sample, template, number);
                return;
            }

            ref Group group = ref _groups[at];
            if (group.Number == number && group.Template == template)
            {
                _next[group.Last] = sample;
                group.Last = sample;
                return;
            }
        }
    }

    /// <summary>The first sample of a group, and where its records go.</summary>
    public int First(int group, out RecordTemplate template)
    {
        template = _groups[group].Template;
        return _groups[group].First;
    }

    /// <summary>The sample behind this one in its group; below zero at the end.</summary>
    public int After(int sample) => _next[sample];

    // Connection ids and process ids count up: the multiplication spreads them over the upper bits.
    private static int Hash(ulong? number) => (int)(((number ?? ulong.MaxValue) * 0x9E37_79B9_7F4A_7C15) >> 33);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AddGroup(int sample, RecordTemplate template, ulong? number)
    {
        if (_count == _groups.Length)
        {
            Array.Resize(ref _groups, 2 * _count);
        }

        _groups[_count] = new Group { Template = template, Number = number, First = sample, Last = sample };
        return _count++;
    }

    private struct Group
    {
        public RecordTemplate Template;
        public ulong? Number;
        public int First;
        public int Last;
    }
}
