// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>
/// The capture modules of one run, each with its own rings and the reader of them, taken together through the steps of a run: load, open readers,
/// attach, detach, stop readers, dispose. One thread calls them.
/// </summary>
internal sealed class CaptureModules : IDisposable
{
    private readonly List<ICaptureModule> _modules = [];
    private readonly List<ModuleReader> _readers = [];
    private readonly ILogger _logger;

    private CaptureModules(ILogger logger) => _logger = logger;

    /// <summary>The modules in the order of the command line; loaded.</summary>
    public IReadOnlyList<ICaptureModule> Loaded => _modules;

    /// <summary>The rings of each module. To be asked for when <see cref="StartReaders"/> has returned.</summary>
    public IReadOnlyList<(string Module, IRingGauge Rings)> Rings => [.. _readers.Select(static reader => (reader.Module, reader.Rings))];

    /// <summary>Says from any thread whether every reader's thread lives. To be asked for when <see cref="StartReaders"/> has returned.</summary>
    public Func<bool> ReaderWatch()
    {
        ModuleReader[] readers = [.. _readers];
        return () => Array.TrueForAll(readers, static reader => reader.IsRunning);
    }

    /// <summary>What broke a reader first; null for nothing. To be read when <see cref="StopReaders"/> has returned true.</summary>
    public Exception? ReaderFailure => _readers.Select(static reader => reader.Failure).FirstOrDefault(static failure => failure is not null);

    /// <summary>Makes and loads the modules. When one cannot be loaded, those before it are closed again.</summary>
    public static CaptureModules Load(IReadOnlyList<string> names, CaptureOptions options, ILoggerFactory loggers)
    {
        var modules = new CaptureModules(loggers.CreateLogger("capture"));
        try
        {
            foreach (string name in names)
            {
                ICaptureModule module = ModuleFactory.Create(name, loggers);
                modules._modules.Add(module);
                module.Load(options with { ModuleIndex = (uint)modules._modules.Count - 1 });
            }

            return modules;
        }
        catch
        {
            modules.Dispose();
            throw;
        }
    }

    /// <summary>Maps the rings and starts a reader for each module.</summary>
    /// <param name="mapSizePages">Pages per CPU of perf buffers.</param>
    /// <param name="pipeline">Started.</param>
    /// <param name="limit">Ends the capture after a number of samples of all modules together; null for none.</param>
    /// <param name="onDied">Called from a reader's thread when it has ended by an error.</param>
    public void StartReaders(int mapSizePages, CapturePipeline pipeline, SampleLimit? limit, Action<Exception> onDied)
    {
        foreach (ICaptureModule module in _modules)
        {
            var reader = ModuleReader.Open(module, mapSizePages, pipeline, limit, onDied, _logger);
            _readers.Add(reader);
            reader.Start();
        }
    }

    /// <summary>Attaches every module; the modules' names with the files that each has probes on (<see cref="ICaptureModule.Attach"/>).</summary>
    public IReadOnlyList<(ICaptureModule Module, int? Targets)> Attach(Action<Exception> onTrackerFailed) =>
        [.. _modules.Select(module => (module, module.Attach(onTrackerFailed)))];

    /// <summary>Puts other filters in the place of those, in all modules or in none (<see cref="ICaptureModule.ReplaceFilters"/>).</summary>
    /// <exception cref="Sluice.Bpf.BpfException">A module cannot take them; the old ones hold on.</exception>
    public void ReplaceFilters(CaptureOptions old, CaptureOptions wanted)
    {
        int done = 0;
        try
        {
            for (; done < _modules.Count; done++)
            {
                _modules[done].ReplaceFilters(wanted);
            }
        }
        catch (Exception refusal)
        {
            foreach (ICaptureModule module in _modules.Take(done))
            {
                TakeBack(module, old, refusal);
            }

            throw;
        }
    }

    /// <exception cref="BpfException">The old filters cannot be had back either (a cgroup of theirs is gone): says both.</exception>
    private static void TakeBack(ICaptureModule module, CaptureOptions old, Exception refusal)
    {
        try
        {
            module.ReplaceFilters(old);
        }
        catch (BpfException second)
        {
            throw new BpfException("bpf_map_update_elem", 0, $"{refusal.Message} Module {module.Name} keeps the new filters all the same: {second.Message}", refusal);
        }
    }

    /// <summary>When it returns no program submits any more. Idempotent.</summary>
    public void Detach() => _modules.ForEach(static module => module.Detach());

    /// <summary>Lets every reader take what its rings hold now and end; false when one has not ended in time.</summary>
    public bool StopReaders(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        bool allEnded = true;
        foreach (ModuleReader reader in _readers)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
            allEnded &= reader.Stop(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        return allEnded;
    }

    /// <summary>Unmaps the rings, then closes the modules they belong to.</summary>
    public void Dispose()
    {
        _readers.ForEach(static reader => reader.Dispose());
        _readers.Clear();
        for (int i = _modules.Count - 1; i >= 0; i--)
        {
            _modules[i].Dispose();
        }

        _modules.Clear();
    }
}
