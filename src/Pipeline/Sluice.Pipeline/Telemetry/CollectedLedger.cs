// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Telemetry;

/// <summary>
/// Gives all instruments of one collection the same snapshot of the ledger, so that the sums hold among the numbers of one collection as they do in
/// the ledger file. Thread-safe.
/// </summary>
/// <remarks>
/// Nothing tells an instrument that a collection begins. But each collects on one thread and asks every instrument once: so a snapshot is made for each
/// thread, and a new one when an instrument comes for the second time.
/// </remarks>
internal sealed class CollectedLedger
{
    // A collection takes a millisecond. What is older was left on this thread by one that asked for other instruments only.
    private const long MaxAgeMs = 1000;

    [ThreadStatic]
    private static CollectedLedger? t_owner;

    [ThreadStatic]
    private static LedgerSnapshot? t_snapshot;

    [ThreadStatic]
    private static ulong t_asked;

    [ThreadStatic]
    private static long t_takenAtMs;

    private readonly LossLedger _ledger;

    public CollectedLedger(LossLedger ledger) => _ledger = ledger;

    /// <summary>The snapshot of the collection that is under way on this thread.</summary>
    /// <param name="instrument">Number of the instrument that asks, 0 to 63.</param>
    public LedgerSnapshot For(int instrument)
    {
        ulong bit = 1ul << instrument;
        long nowMs = Environment.TickCount64;
        if (t_snapshot is null || t_owner != this || (t_asked & bit) != 0 || nowMs - t_takenAtMs > MaxAgeMs)
        {
            t_owner = this;
            t_snapshot = _ledger.Snapshot();
            t_takenAtMs = nowMs;
            t_asked = 0;
        }

        t_asked |= bit;
        return t_snapshot;
    }
}
