// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Recording;

/// <summary>One object for each run that recordings hold samples of, whatever file they stand in. Not thread-safe.</summary>
public sealed class RecordedOrigins
{
    private readonly Dictionary<(ulong RunId, string Host), EventOrigin> _known = [];
    private EventOrigin? _last;

    /// <summary>The run with this number on this host.</summary>
    internal EventOrigin Find(ulong runId, ReadOnlySpan<byte> hostUtf8)
    {
        // One batch after the other is of the same run.
        if (_last is { } last && last.RunId == runId && last.HostNameUtf8.Span.SequenceEqual(hostUtf8))
        {
            return last;
        }

        string host = System.Text.Encoding.UTF8.GetString(hostUtf8);
        if (!_known.TryGetValue((runId, host), out EventOrigin? origin))
        {
            origin = new EventOrigin(host, runId);
            _known.Add((runId, host), origin);
        }

        _last = origin;
        return origin;
    }
}
