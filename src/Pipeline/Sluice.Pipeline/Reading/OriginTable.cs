// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// The runs that events come from, one object for each (batches compare origins by reference). Bounded, because the names come from outside: when it is full it
/// starts anew, which costs short batches and nothing else. Not thread-safe.
/// </summary>
internal sealed class OriginTable
{
    /// <summary>More runs at a time than a fleet has.</summary>
    private const int MaxOrigins = 16_384;

    /// <summary>Of descriptions. An origin takes some five times the bytes of its own.</summary>
    private const int MaxDescriptionBytes = 16 * 1024 * 1024;

    private readonly Dictionary<ulong, Entry> _byRunId = [];
    private Entry _last = new([], EventOrigin.Unknown);
    private int _descriptionBytes;

    /// <summary>Makes an origin of its description.</summary>
    public delegate EventOrigin Maker(ReadOnlySpan<byte> description, ulong runId);

    /// <summary>The origin that was made of the same description, else a new one.</summary>
    /// <param name="description">What an encoding says of the host: the same bytes for all events of a run.</param>
    /// <param name="runId">The run.</param>
    /// <param name="make">Called for a new one.</param>
    public EventOrigin Find(ReadOnlySpan<byte> description, ulong runId, Maker make)
    {
        Entry last = _last;
        return last.Origin.RunId == runId && description.SequenceEqual(last.Description) ? last.Origin : FindSlow(description, runId, make);
    }

    private EventOrigin FindSlow(ReadOnlySpan<byte> description, ulong runId, Maker make)
    {
        // Two hosts with the same number, by chance or malice, take the place from each other, and are told apart all the same.
        if (!_byRunId.TryGetValue(runId, out Entry? entry) || !description.SequenceEqual(entry.Description))
        {
            if (_byRunId.Count >= MaxOrigins || _descriptionBytes + description.Length > MaxDescriptionBytes)
            {
                _byRunId.Clear();
                _descriptionBytes = 0;
            }

            entry = new Entry(description.ToArray(), make(description, runId));
            _byRunId[runId] = entry;
            _descriptionBytes += description.Length;
        }

        _last = entry;
        return entry.Origin;
    }

    private sealed record Entry(byte[] Description, EventOrigin Origin);
}
