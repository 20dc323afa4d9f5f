// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline;

/// <summary>Puts a pipeline together.</summary>
public sealed class CapturePipelineBuilder
{
    private readonly List<(ISink Sink, SinkQueueOptions Queue)> _sinks = [];

    internal IReadOnlyList<(ISink Sink, SinkQueueOptions Queue)> Sinks => _sinks;

    internal IKernelCounters KernelCounters { get; private set; } = new FedCounters();

    internal CapturePipelineOptions Options { get; private set; } = new();

    internal EventOrigin Origin { get; private set; } = EventOrigin.ForThisRun();

    internal LedgerFile? LedgerFile { get; private set; }

    internal ILogger Logger { get; private set; } = NullLogger.Instance;

    internal IMeterFactory? Meters { get; private set; }

    internal Action<SinkFailure> SinkFailed { get; private set; } = static _ => { };

    /// <summary>Adds a sink. The pipeline starts it, calls it and disposes it.</summary>
    /// <param name="sink">The sink, not started yet; the name in its ledger must be its alone.</param>
    /// <param name="queue">The queue in front of it; null for the default.</param>
    public CapturePipelineBuilder AddSink(ISink sink, SinkQueueOptions? queue = null)
    {
        _sinks.Add((sink, queue ?? new SinkQueueOptions()));
        return this;
    }

    /// <summary>Names the source of what was submitted and lost in the kernel.</summary>
    public CapturePipelineBuilder UseKernelCounters(IKernelCounters counters)
    {
        KernelCounters = counters;
        return this;
    }

    /// <summary>Names the run that the samples come from; a new one on this host otherwise.</summary>
    public CapturePipelineBuilder UseOrigin(EventOrigin origin)
    {
        Origin = origin;
        return this;
    }

    /// <summary>Sets the options.</summary>
    public CapturePipelineBuilder UseOptions(CapturePipelineOptions options)
    {
        Options = options;
        return this;
    }

    /// <summary>Writes the ledger to a file: every second, and at the end.</summary>
    public CapturePipelineBuilder UseLedgerFile(string path)
    {
        LedgerFile = new LedgerFile(path);
        return this;
    }

    /// <summary>
    /// Has the pipeline measured (docs/specs/telemetry.md). The meters may be collected from when the pipeline was made until before the source of
    /// the kernel's counters is closed.
    /// </summary>
    public CapturePipelineBuilder UseMeters(IMeterFactory meters)
    {
        Meters = meters;
        return this;
    }

    /// <summary>Names the logger for what the pipeline itself has to say.</summary>
    public CapturePipelineBuilder UseLogger(ILogger logger)
    {
        Logger = logger;
        return this;
    }

    /// <summary>
    /// Names who is told, once per sink, that a sink cannot go on. Called on the sink's worker; it must not block, and not wait for the
    /// pipeline to complete. The other sinks go on: it is for the host to decide whether the capture does.
    /// </summary>
    public CapturePipelineBuilder OnSinkFailed(Action<SinkFailure> handler)
    {
        SinkFailed = handler;
        return this;
    }

    /// <summary>Makes the pipeline. No file or connection is opened yet.</summary>
    /// <exception cref="InvalidOperationException">There is no sink.</exception>
    /// <exception cref="ArgumentException">Two sinks have the same name.</exception>
    public CapturePipeline Build()
    {
        if (_sinks.Count == 0)
        {
            throw new InvalidOperationException("A pipeline needs a sink; add null: to count only.");
        }

        return new CapturePipeline(this);
    }
}
