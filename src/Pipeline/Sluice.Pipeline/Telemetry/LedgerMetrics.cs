// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Telemetry;

/// <summary>
/// The loss ledger as metrics: <c>sluice.ledger.*</c> and <c>sluice.sink.*</c>, the last word of a name being the ledger's own. Observed when somebody
/// collects, never counted a second time, so they cannot differ from the ledger. The kernel's counters must stay readable for as long as somebody collects.
/// </summary>
internal sealed class LedgerMetrics
{
    private readonly CollectedLedger _ledger;
    private readonly Meter _meter;
    private readonly KeyValuePair<string, object?>[] _kernelCauses;
    private readonly KeyValuePair<string, object?>[] _cutCauses = [new(MetricNames.Cause, "read_fault"), new(MetricNames.Cause, "size_limit")];
    private readonly KeyValuePair<string, object?>[] _dropCauses;
    private readonly KeyValuePair<string, object?>[] _sinkNames;
    private int _instruments;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="ledger">The ledger.</param>
    public LedgerMetrics(IMeterFactory meters, LossLedger ledger)
    {
        _ledger = new CollectedLedger(ledger);
        _meter = meters.Create("Sluice.Ledger");
        _kernelCauses = Array.ConvertAll(Enum.GetValues<KernelLossCause>(), static cause => Tag(MetricNames.Cause, KernelCounts.CauseName(cause)));
        _dropCauses = Array.ConvertAll(Enum.GetValues<DropReason>(), static reason => Tag(MetricNames.Cause, SinkLedger.ReasonName(reason)));
        _sinkNames = [.. ledger.Sinks.Select(static sink => Tag(MetricNames.SinkName, sink.Name))];
        CreateCapture();
        CreateSinks();
    }

    private void CreateCapture()
    {
        Counter("submitted", MetricNames.EventUnit, "Events that the programs in the kernel submitted, lost ones included, and those made in user space.", static ledger => ledger.Submitted);
        Counter("kernel_lost", MetricNames.EventUnit, "Submitted events that did not reach user space, by cause.", KernelLost);
        Counter("kernel_filtered", "{call}", "Calls that the PID, UID and cgroup filters left out in the kernel; not part of submitted.", static ledger => ledger.Kernel.FilteredCalls);
        Counter("truncated", MetricNames.EventUnit, "Events that went out without all of their bytes, by cause.", Truncated);
        Counter("read", MetricNames.EventUnit, "Events that were read and offered to the sinks or left out.", static ledger => ledger.Read);
        Counter("filtered", MetricNames.EventUnit, "Events that were read and left out on purpose.", static ledger => ledger.Filtered);
        Counter("synthesized", MetricNames.EventUnit, "Events made in user space (capture.loss); part of submitted and read.", static ledger => ledger.Synthesized);
        Counter("resequencer_gaps", "{gap}", "Gaps in a connection's sequence that were given up (perf transport).", static ledger => ledger.ResequencerGaps);
        Counter("resequencer_late", MetricNames.EventUnit, "Events that came after their place in the sequence was given up; they were passed on (perf transport).", static ledger => ledger.ResequencerLate);
        int inFlight = _instruments++;
        _meter.CreateObservableUpDownCounter("sluice.ledger.in_flight", () => _ledger.For(inFlight).InFlight, MetricNames.EventUnit, "Events in the rings or in an intake: submitted, not lost and not yet read.");
    }

    private void CreateSinks()
    {
        Sink("delivered", "Events that the sink's far end has acknowledged.", static sink => sink.Delivered);
        Sink("rejected", "Events that the sink's far end refused for good.", static sink => sink.Rejected);
        Sink("duplicates", "Events known to have been delivered more than once.", static sink => sink.Duplicates);
        int dropped = _instruments++;
        _meter.CreateObservableCounter("sluice.sink.dropped", () => Dropped(_ledger.For(dropped)), MetricNames.EventUnit, "Events that the sink did not get or gave up, by cause.");
        int pending = _instruments++;
        _meter.CreateObservableUpDownCounter(
            "sluice.sink.pending", () => OfSinks(_ledger.For(pending), static sink => sink.Pending), MetricNames.EventUnit, "Events offered to the sink that have no outcome yet.");
    }

    private void Counter(string name, string unit, string description, Func<LedgerSnapshot, long> value)
    {
        int instrument = _instruments++;
        _meter.CreateObservableCounter("sluice.ledger." + name, () => value(_ledger.For(instrument)), unit, description);
    }

    private void Counter(string name, string unit, string description, Func<LedgerSnapshot, IEnumerable<Measurement<long>>> values)
    {
        int instrument = _instruments++;
        _meter.CreateObservableCounter("sluice.ledger." + name, () => values(_ledger.For(instrument)), unit, description);
    }

    private void Sink(string name, string description, Func<SinkCounts, long> value)
    {
        int instrument = _instruments++;
        _meter.CreateObservableCounter("sluice.sink." + name, () => OfSinks(_ledger.For(instrument), value), MetricNames.EventUnit, description);
    }

    private IEnumerable<Measurement<long>> KernelLost(LedgerSnapshot ledger)
    {
        for (int cause = 0; cause < _kernelCauses.Length; cause++)
        {
            yield return new Measurement<long>(ledger.Kernel.Lost((KernelLossCause)cause), _kernelCauses[cause]);
        }
    }

    private Measurement<long>[] Truncated(LedgerSnapshot ledger) =>
        [new(ledger.Kernel.ReadFaults, _cutCauses[0]), new(ledger.Kernel.CutByLimit, _cutCauses[1])];

    private IEnumerable<Measurement<long>> OfSinks(LedgerSnapshot ledger, Func<SinkCounts, long> value)
    {
        for (int i = 0; i < _sinkNames.Length; i++)
        {
            yield return new Measurement<long>(value(ledger.Sinks[i]), _sinkNames[i]);
        }
    }

    /// <summary>Every cause of every sink, also those that never happened: a series that begins with its first loss shows no increase by it.</summary>
    private IEnumerable<Measurement<long>> Dropped(LedgerSnapshot ledger)
    {
        for (int i = 0; i < _sinkNames.Length; i++)
        {
            foreach (KeyValuePair<string, object?> cause in _dropCauses)
            {
                yield return new Measurement<long>(ledger.Sinks[i].Dropped.TryGetValue((string)cause.Value!, out long count) ? count : 0, _sinkNames[i], cause);
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
