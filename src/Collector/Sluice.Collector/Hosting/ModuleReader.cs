// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Ordering;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>Joins a loaded module's rings to the pipeline: the reader for its transport, on a thread of its own.</summary>
internal sealed class ModuleReader : IDisposable
{
    // For the way out after a failed start: nothing has flowed yet, so the reader ends at once or never.
    private static readonly TimeSpan s_disposePatience = TimeSpan.FromSeconds(1);

    private readonly IDisposable _reader;
    private readonly ReaderThread _thread;

    private ModuleReader(string module, IDisposable reader, IRingGauge rings, ReaderThread thread)
    {
        Module = module;
        Rings = rings;
        _reader = reader;
        _thread = thread;
    }

    /// <summary>Maps the rings; reading begins with <see cref="Start"/>.</summary>
    /// <param name="module">Loaded, and open until this is disposed.</param>
    /// <param name="mapSizePages">Pages per CPU of perf buffers.</param>
    /// <param name="pipeline">Gets the samples.</param>
    /// <param name="limit">Ends the capture after a number of samples; null for none.</param>
    /// <param name="onDied">Called from the reader's thread when it has ended by an error.</param>
    /// <param name="logger">Hears when the reader may not run before others.</param>
    public static ModuleReader Open(
        ICaptureModule module, int mapSizePages, CapturePipeline pipeline, SampleLimit? limit, Action<Exception> onDied, ILogger logger) =>
        module.PerfEvents is { } events
            ? OpenPerf(module.Name, events, mapSizePages, pipeline.CreateResequencedIntake(limit), onDied, logger)
            : OpenRings(module, pipeline.CreateIntake(limit), onDied, logger);

    /// <summary>The module's name.</summary>
    public string Module { get; }

    /// <summary>Tells how full the rings are.</summary>
    public IRingGauge Rings { get; }

    /// <summary>True while the thread that empties the rings lives.</summary>
    public bool IsRunning => _thread.IsRunning;

    /// <summary>What broke the reader; null for nothing. To be read when <see cref="Stop"/> has returned true.</summary>
    public Exception? Failure => _thread.Failure;

    public void Start() => _thread.Start();

    /// <summary>Takes what the rings hold now and ends; false when it has not ended in time. The probes should be detached before.</summary>
    public bool Stop(TimeSpan timeout) => _thread.Stop(timeout);

    /// <summary>Stops the thread where that was not done, and unmaps the rings.</summary>
    public void Dispose()
    {
        _thread.Stop(s_disposePatience);
        _reader.Dispose();
    }

    private static ModuleReader OpenRings(ICaptureModule module, SampleIntake intake, Action<Exception> onDied, ILogger logger)
    {
        var reader = new RingbufReader(module.RingShards, ReaderOptions.Default, module.Control);
        var handler = new IntakeHandler(intake);
        return new ModuleReader(module.Name, reader, reader, new ReaderThread(() => reader.Run(ref handler), reader.Stop, onDied, logger));
    }

    private static ModuleReader OpenPerf(string module, BpfMap events, int mapSizePages, SampleResequencer resequencer, Action<Exception> onDied, ILogger logger)
    {
        var reader = new PerfReader(events, mapSizePages, ReaderOptions.Default);
        var handler = new ResequencerHandler(resequencer);
        return new ModuleReader(module, reader, reader, new ReaderThread(() => reader.Run(ref handler), reader.Stop, onDied, logger));
    }
}
