// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Recording;

namespace Sluice.Collector.Hosting;

/// <summary>Feeds the files of recordings, one after the other, into an intake. One thread runs it.</summary>
internal sealed class ReplayFeed
{
    private readonly IReadOnlyList<RecordingFile> _files;
    private readonly StampedIntake _intake;
    private readonly FedCounters _counters;
    private readonly ReplayPace? _pace;
    private readonly ILogger _logger;
    private readonly CancellationToken _stop;

    /// <param name="files">In order.</param>
    /// <param name="intake">Gets the samples.</param>
    /// <param name="counters">Hear of every sample before the intake does.</param>
    /// <param name="pace">Null for full speed.</param>
    /// <param name="logger">Told, once for each file, what of it could not be used.</param>
    /// <param name="stop">Ends it, between two batches or two waits.</param>
    public ReplayFeed(
        IReadOnlyList<RecordingFile> files, StampedIntake intake, FedCounters counters, ReplayPace? pace, ILogger logger, CancellationToken stop)
    {
        _files = files;
        _intake = intake;
        _counters = counters;
        _pace = pace;
        _logger = logger;
        _stop = stop;
    }

    /// <summary>What could not be used so far.</summary>
    public RecordingDamage Damage { get; private set; }

    /// <summary>Returns at the end of the last file, or when told to stop.</summary>
    /// <exception cref="RecordingException">A pipe brought no recording.</exception>
    /// <exception cref="System.IO.IOException">A file cannot be read further.</exception>
    public void Run()
    {
        var origins = new RecordedOrigins();
        RecordingReader? previous = null;
        foreach (RecordingFile file in _files)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            using RecordingReader reader = file.Open(origins, _stop);
            if (previous is not null)
            {
                reader.ContinueFrom(previous);
            }

            FeedFile(reader);
            Report(file.Name, reader.Damage);
            previous = reader;
        }
    }

    private void FeedFile(RecordingReader reader)
    {
        while (!_stop.IsCancellationRequested && reader.TryRead(out RecordedBatch batch))
        {
            if (_pace is null)
            {
                Feed(ref batch);
            }
            else
            {
                FeedPaced(ref batch, _pace);
            }

            _intake.EndOfDrain();
        }
    }

    private void Feed(ref RecordedBatch batch)
    {
        BatchStamp stamp = batch.Stamp;
        _counters.AddSubmitted(batch.Count);
        while (batch.TryTake(out ReadOnlySpan<byte> sample))
        {
            _intake.Append(stamp, sample);
        }
    }

    private void FeedPaced(ref RecordedBatch batch, ReplayPace pace)
    {
        BatchStamp stamp = batch.Stamp;
        while (batch.TryTake(out ReadOnlySpan<byte> sample))
        {
            if (pace.LeftFor(stamp, sample) > TimeSpan.Zero)
            {
                // What came before must not wait for what comes later.
                _intake.EndOfDrain();
                if (!pace.Wait(stamp, sample))
                {
                    return;
                }
            }

            _counters.AddSubmitted(1);
            _intake.Append(stamp, sample);
        }
    }

    private void Report(string name, RecordingDamage damage)
    {
        Damage += damage;
        if (damage.HasHoles)
        {
            ReplayLog.Holes(_logger, name, damage.Places, damage.Samples);
        }

        if (damage.TornBytes != 0)
        {
            ReplayLog.Torn(_logger, name, damage.TornBytes);
        }

        if (damage.AbsentSamples != 0)
        {
            ReplayLog.Absent(_logger, name, damage.AbsentSamples);
        }

        if (damage.Repeated != 0)
        {
            ReplayLog.Repeated(_logger, name, damage.Repeated);
        }
    }
}
