// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Where every sample of a capture is accounted for. Thread-safe.
/// <code>
/// submitted = read + Σ kernel_lost + in_flight          in_flight is 0 once the rings are drained and the pipeline is complete
/// read + recovered = filtered + delivered + Σ dropped + rejected + pending + spooled          for each sink
/// </code>
/// </summary>
/// <remarks>
/// A sample counts as read when it leaves its intake, at the same moment as it is offered to the sinks, so the second equation
/// holds in every snapshot and not only at the end.
/// </remarks>
public sealed class LossLedger
{
    /// <summary>Outermost lock: the sinks' ledgers are changed and read inside it, so that no snapshot falls between two of them.</summary>
    private readonly Lock _gate = new();

    private readonly IKernelCounters _kernel;
    private readonly SinkLedger[] _sinks;
    private long _read;
    private long _filtered;
    private long _synthesized;
    private long _resequencerGaps;
    private long _resequencerLate;
    private bool _isFinal;

    /// <param name="kernel">Source of what was submitted and lost before user space.</param>
    /// <param name="sinks">The ledgers of all sinks; their names must differ.</param>
    public LossLedger(IKernelCounters kernel, IEnumerable<SinkLedger> sinks)
    {
        _kernel = kernel;
        _sinks = [.. sinks];
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (SinkLedger sink in _sinks)
        {
            if (!names.Add(sink.Name))
            {
                throw new ArgumentException($"Two sinks are named '{sink.Name}'; give one of them another name with ?name=.", nameof(sinks));
            }
        }
    }

    /// <summary>The counters of the sinks, in the order of the command line.</summary>
    public IReadOnlyList<SinkLedger> Sinks => _sinks;

    /// <summary>Samples that left the intakes, synthesized ones included.</summary>
    public long Read
    {
        get
        {
            lock (_gate)
            {
                return _read;
            }
        }
    }

    /// <summary>All counters at one moment. Allocates; meant for a few calls a second.</summary>
    public LedgerSnapshot Snapshot()
    {
        lock (_gate)
        {
            // The kernel is asked after _read is fixed, so what it has submitted includes what was read.
            KernelCounts kernel = _kernel.Read();
            long submitted = kernel.Submitted + _synthesized;
            if (!_isFinal)
            {
                // The copy of a running CPU's counters is not atomic: a loss can be in it that its `submitted` is not in yet.
                submitted = Math.Max(submitted, _read + kernel.LostTotal);
            }

            return new LedgerSnapshot(
                submitted, kernel, _read, _filtered, _synthesized, _resequencerGaps, _resequencerLate, _isFinal,
                Array.ConvertAll(_sinks, static sink => sink.Snapshot()));
        }
    }

    /// <summary>The ledger as JSON text (DESIGN §4).</summary>
    public string ToJson() => Snapshot().ToJson();

    /// <summary>The ledger as a few lines for a person.</summary>
    public string ToText() => Snapshot().ToText();

    /// <summary>The equations that do not hold, in words; empty when the ledger is right.</summary>
    public IReadOnlyList<string> Verify() => Snapshot().Verify();

    /// <summary>
    /// Says that the probes are detached, the rings drained and the sinks done. From here on nothing may be in flight or pending,
    /// and <see cref="Verify"/> holds the ledger to it.
    /// </summary>
    public void MarkFinal()
    {
        lock (_gate)
        {
            _isFinal = true;
        }
    }

    /// <summary>Samples that left an intake and are now offered to every sink.</summary>
    internal void CountOffered(long count)
    {
        lock (_gate)
        {
            _read += count;
            foreach (SinkLedger sink in _sinks)
            {
                sink.AddOffered(count);
            }
        }
    }

    /// <summary>Samples that were read and left out on purpose.</summary>
    internal void CountFiltered(long count)
    {
        lock (_gate)
        {
            _read += count;
            _filtered += count;
        }
    }

    /// <summary>Samples that were read and that no sink can take.</summary>
    internal void CountUnusable(DropReason reason, long count)
    {
        lock (_gate)
        {
            _read += count;
            foreach (SinkLedger sink in _sinks)
            {
                sink.AddOffered(count);
                sink.AddRefused(reason, count);
            }
        }
    }

    /// <summary>Samples made in user space: submitted here, and read when they leave their intake like any other.</summary>
    internal void CountSynthesized(long count)
    {
        lock (_gate)
        {
            _synthesized += count;
        }
    }

    internal void CountResequenced(long gaps, long late)
    {
        lock (_gate)
        {
            _resequencerGaps += gaps;
            _resequencerLate += late;
        }
    }

    /// <summary>The kernel's counters now, for the reports of loss in the stream.</summary>
    internal KernelCounts ReadKernel() => _kernel.Read();
}
