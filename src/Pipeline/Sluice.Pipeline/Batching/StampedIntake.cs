// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Batching;

/// <summary>
/// Where samples enter the pipeline that were stamped before: those of a recording, or of a topic. One thread at a time. Allocates nothing per sample.
/// </summary>
/// <remarks>
/// A batch holds samples of one stamp, so each change of the stamp ends a batch: samples of different runs should come in runs, and observed times as
/// coarse as they were given to batches. The samples must be announced as submitted before (<see cref="Delivery.FedCounters"/>).
/// </remarks>
public sealed class StampedIntake
{
    private readonly SampleIntake _intake;
    private BatchStamp _stamp = BatchStamp.None;
    private bool _isStamped;

    internal StampedIntake(SampleIntake intake) => _intake = intake;

    /// <summary>
    /// Takes a copy of a sample. A sample that is malformed is counted as dropped for every sink. Blocks while a sink of policy block has no room.
    /// </summary>
    /// <param name="stamp">Of this sample; its origin is compared by reference.</param>
    /// <param name="sample">One sample in wire format.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(in BatchStamp stamp, scoped ReadOnlySpan<byte> sample)
    {
        if (!_isStamped || stamp != _stamp)
        {
            ChangeStampSlow(stamp);
        }

        _intake.Append(sample);
    }

    /// <summary>Says that nothing more is there for now: what has come so far may leave. Never blocks for a sink.</summary>
    public void EndOfDrain() => _intake.EndOfDrain();

    /// <summary>Counts something that should have been a sample, and was announced as one, as malformed for every sink.</summary>
    public void AppendMalformed() => _intake.Append(default);

    /// <summary>Hands on everything that came so far, waiting for sinks of policy block: from now on it counts as offered to them.</summary>
    public void HandOn() => _intake.Complete();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ChangeStampSlow(in BatchStamp stamp)
    {
        _intake.UseStamp(stamp);
        _stamp = stamp;
        _isStamped = true;
    }
}
