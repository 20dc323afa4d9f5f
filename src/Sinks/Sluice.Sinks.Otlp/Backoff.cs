// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp;

/// <summary>How long to wait before the next attempt: exponential, with jitter, so that many senders do not come back at the same moment.</summary>
internal sealed class Backoff
{
    /// <summary>Long enough for a server that restarts to have begun to, short enough that nobody notices a single refused request.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);

    /// <summary>A collector that is back is found within so long.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private readonly Random _random;
    private TimeSpan _next = First;

    public Backoff(Random random) => _random = random;

    /// <summary>The next wait: half to all of a time that doubles, and never less than the server asks for.</summary>
    public TimeSpan Next(TimeSpan? serverDelay)
    {
        TimeSpan delay = _next * (0.5 + (0.5 * _random.NextDouble()));
        _next = _next * 2 < Longest ? _next * 2 : Longest;

        // The jitter comes on top of the server's own time, which it gives to every sender alike.
        return serverDelay is { } asked && asked + (delay / 4) > delay ? asked + (delay / 4) : delay;
    }

    /// <summary>Call it after a success.</summary>
    public void Reset() => _next = First;
}
