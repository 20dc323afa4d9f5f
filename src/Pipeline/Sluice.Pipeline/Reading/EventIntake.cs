// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// Where events that were read from records enter the pipeline. The events of a run stay in order; those of different runs, which may come one by one in turns, are
/// put together into batches of their own. One thread at a time. Allocates nothing per event.
/// </summary>
public sealed class EventIntake : IEventReceiver
{
    /// <summary>
    /// Runs whose events are collected at a time, each in a batch of its own; of others the one that waited longest is handed on. Each has an arena of
    /// 256 KiB. A fleet's hosts spread over the partitions, of which a fetch brings one after the other.
    /// </summary>
    private const int MaxOpen = 16;

    private readonly CapturePipeline _pipeline;
    private readonly FedCounters _counters;
    private readonly Slot[] _slots = new Slot[MaxOpen];
    private int _last;
    private int _open = 1;
    private long _clock;
    private long _nowUnixNs;

    /// <param name="pipeline">Takes the events.</param>
    /// <param name="counters">The pipeline's; every event that comes is counted as submitted, also one that is refused.</param>
    public EventIntake(CapturePipeline pipeline, FedCounters counters)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _pipeline = pipeline;
        _counters = counters;
        _slots[0] = new Slot(pipeline.CreateStampedIntake());
        ReadClock();
    }

    /// <summary>Events that were taken.</summary>
    public long Events { get; private set; }

    /// <summary>Events, and pieces of records, that were refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Why the last one was refused.</summary>
    public EventProblem LastProblem { get; private set; }

    /// <summary>Name of the field that this was about; null for none.</summary>
    public string? LastProblemField { get; private set; }

    /// <summary>Blocks while a sink of policy block has no room.</summary>
    /// <inheritdoc/>
    public void OnEvent(EventOrigin origin, long observedUnixNs, scoped ReadOnlySpan<byte> sample)
    {
        Slot slot = _slots[_last];
        if (!ReferenceEquals(slot.Origin, origin))
        {
            slot = FindSlow(origin);
        }

        Events++;
        _counters.AddSubmitted(1);

        // An encoding that does not say when an event was observed leaves it to us, who observe it now.
        slot.Intake.Append(new BatchStamp(origin, 0, observedUnixNs != 0 ? observedUnixNs : _nowUnixNs), sample);
    }

    /// <inheritdoc/>
    public void OnRefused(EventProblem problem, string? field)
    {
        Refused++;
        LastProblem = problem;
        LastProblemField = field;
        _counters.AddSubmitted(1);
        _slots[_last].Intake.AppendMalformed();
    }

    /// <summary>Lets what has come so far leave when a sink has nothing to do. To be called every few milliseconds. Never blocks for a sink.</summary>
    public void EndOfDrain()
    {
        for (int i = 0; i < _open; i++)
        {
            _slots[i].Intake.EndOfDrain();
        }

        ReadClock();
    }

    /// <summary>Hands on everything, waiting for sinks of policy block.</summary>
    public void HandOn()
    {
        for (int i = 0; i < _open; i++)
        {
            _slots[i].Intake.HandOn();
        }
    }

    private void ReadClock() => _nowUnixNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Slot FindSlow(EventOrigin origin)
    {
        _slots[_last].LastUsed = ++_clock;
        int oldest = 0;
        for (int i = 0; i < _open; i++)
        {
            // Each encoding has an object of its own for a run. Its events must stay in order all the same, so they go the same way.
            if (_slots[i].Origin?.RunId == origin.RunId)
            {
                _last = i;
                _slots[i].Origin = origin;
                return _slots[i];
            }

            if (_slots[i].LastUsed < _slots[oldest].LastUsed)
            {
                oldest = i;
            }
        }

        if (_slots[0].Origin is not null)
        {
            oldest = TryOpen() ?? oldest;
        }

        _last = oldest;
        _slots[oldest].Origin = origin;
        return _slots[oldest];
    }

    private int? TryOpen()
    {
        if (_open == MaxOpen)
        {
            return null;
        }

        _slots[_open] = new Slot(_pipeline.CreateStampedIntake());
        return _open++;
    }

    private sealed class Slot(StampedIntake intake)
    {
        public StampedIntake Intake { get; } = intake;

        /// <summary>The run whose events it has; null before the first.</summary>
        public EventOrigin? Origin { get; set; }

        /// <summary>When another run came after it, in steps.</summary>
        public long LastUsed { get; set; }
    }
}
