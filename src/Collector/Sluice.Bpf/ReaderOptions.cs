// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf;

/// <summary>How a reader waits and how much it does at a time. The defaults suit a host that is watched all day.</summary>
public sealed record ReaderOptions
{
    /// <summary>The defaults.</summary>
    public static ReaderOptions Default { get; } = new();

    /// <summary>
    /// Pause between passes while data flows. Longer costs latency, shorter CPU: at 2 ms the reader's own cost per event was
    /// an order of magnitude below that of a wake-up per event.
    /// </summary>
    public int PollIntervalMs { get; init; } = 2;

    /// <summary>Without data for so long, a ring buffer reader gives up polling and asks to be woken. Too short: it flaps under bursty load.</summary>
    public int IdleAfterMs { get; init; } = 50;

    /// <summary>Longest pause of an idle perf reader, which has nobody to wake it below the watermark: the worst latency of a lone event.</summary>
    public int IdlePollMs { get; init; } = 20;

    /// <summary>Longest sleep of an idle reader even if nothing wakes it; also how often an idle handler's OnBatchEnd is called.</summary>
    public int SafetyNetMs { get; init; } = 250;

    /// <summary>Bytes of one ring after which the next one has its turn and OnBatchEnd is called.</summary>
    public int MaxPassBytes { get; init; } = 512 * 1024;

    /// <summary>Unread bytes in a ring that wake a polling reader before its timer; 0 takes a quarter of the (smallest) ring.</summary>
    public int WakeBytes { get; init; }

    /// <summary>How long the last drain waits for a record that a program is still writing. Programs write for microseconds unless their CPU is taken away.</summary>
    public int LastDrainPatienceMs { get; init; } = 100;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(PollIntervalMs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(IdleAfterMs);
        ArgumentOutOfRangeException.ThrowIfLessThan(IdlePollMs, PollIntervalMs);
        ArgumentOutOfRangeException.ThrowIfLessThan(SafetyNetMs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPassBytes, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(WakeBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(LastDrainPatienceMs);
    }
}
