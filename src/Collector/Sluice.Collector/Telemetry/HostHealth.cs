// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Sluice.Collector.Telemetry;

/// <summary>What /healthz and /readyz answer. The host writes it as a run goes on; read from any thread.</summary>
internal sealed class HostHealth
{
    private readonly ConcurrentQueue<string> _failedSinks = new();
    private volatile HostStage _stage;
    private volatile bool _readerFailed;
    private volatile Func<bool>? _readersRun;

    /// <summary>How far the run is.</summary>
    public HostStage Stage
    {
        get => _stage;
        set => _stage = value;
    }

    /// <summary>Names who knows whether every reader's thread lives; from now on they have to.</summary>
    public void WatchReaders(Func<bool> areRunning) => _readersRun = areRunning;

    /// <summary>A reader was ended by an error.</summary>
    public void ReaderFailed() => _readerFailed = true;

    /// <summary>A sink has failed for good.</summary>
    public void SinkFailed(string name) => _failedSinks.Enqueue(name);

    /// <summary>What is wrong with the run, one line each; empty when nothing is. A run that is stopping ends its readers itself.</summary>
    public IReadOnlyList<string> Ailments()
    {
        var ailments = new List<string>();
        if (_readerFailed || (_stage != HostStage.Stopping && _readersRun is { } areRunning && !areRunning()))
        {
            ailments.Add("a reader of the rings has ended");
        }

        foreach (string sink in _failedSinks)
        {
            ailments.Add($"sink '{sink}' has failed");
        }

        return ailments;
    }

    /// <summary>Why events are not captured yet, or not any more; null when they are.</summary>
    public string? Unreadiness() => _stage switch
    {
        HostStage.Loading => "the programs are being loaded",
        HostStage.StartingSinks => "the sinks are being started",
        HostStage.Attaching => "the probes are being attached",
        HostStage.Stopping => "the capture is stopping",
        _ => null,
    };
}
