// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Configuration;
using Sluice.Collector.Diagnostics;

namespace Sluice.Collector.Hosting;

/// <summary>
/// What SIGHUP does to <c>sluice run</c>: the configuration is read again, its filters and log level take effect while events flow, and what cannot be
/// changed is named. A file with mistakes changes nothing. Thread-safe.
/// </summary>
internal sealed class ConfigurationReload
{
    /// <summary>Held while a reload runs: one after the other, and none beside the stop.</summary>
    private readonly Lock _gate = new();

    private readonly LogThreshold _threshold;
    private readonly ILogger _logger;
    private RunConfiguration _current;
    private CaptureModules? _modules;
    private bool _isRequested;
    private bool _hasEnded;

    /// <param name="configuration">By which the run was started.</param>
    /// <param name="threshold">Of the diagnostics.</param>
    /// <param name="logger">Told what was changed, and what not.</param>
    public ConfigurationReload(RunConfiguration configuration, LogThreshold threshold, ILogger logger)
    {
        _current = configuration;
        _threshold = threshold;
        _logger = logger;
    }

    /// <summary>Reloads, now or as soon as the capture runs. Blocks for it.</summary>
    public void Request()
    {
        lock (_gate)
        {
            _isRequested = true;
            ReloadIfRequested();
        }
    }

    /// <summary>Says that the capture runs.</summary>
    public void Begin(CaptureModules modules)
    {
        lock (_gate)
        {
            _modules = modules;
            ReloadIfRequested();
        }
    }

    /// <summary>Says that the capture is about to stop: when this returns nobody touches the modules any more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }
    }

    private void ReloadIfRequested()
    {
        if (!_isRequested || _hasEnded || _modules is not { } modules)
        {
            return;
        }

        _isRequested = false;
        if (TryRead() is { } wanted)
        {
            Apply(wanted, modules);
        }
    }

    private RunConfiguration? TryRead()
    {
        try
        {
            return ConfigFile.Read(_current.Path);
        }
        catch (ConfigException e)
        {
            foreach (ConfigMistake mistake in e.Mistakes)
            {
                ReloadLog.Mistake(_logger, mistake.ToString());
            }
        }
        catch (UsageException e)
        {
            ReloadLog.Mistake(_logger, e.Message);
        }
        catch (Exception e)
        {
            // The signal's handler has nobody above it, and a capture must not end by a file.
            ReloadLog.Unexpected(_logger, e);
        }

        ReloadLog.NothingChanged(_logger, _current.Path);
        return null;
    }

    private void Apply(RunConfiguration wanted, CaptureModules modules)
    {
        IReadOnlyList<string> fixedKeys = _current.FixedDifferences(wanted);
        if (fixedKeys.Count != 0)
        {
            ReloadLog.NotReloadable(_logger, string.Join(", ", fixedKeys));
        }

        // Also when the words are the same: a cgroup that was made anew since has the same path.
        ApplyFilters(wanted, modules);

        if (_threshold.Level != wanted.Settings.LogLevel)
        {
            _threshold.Level = wanted.Settings.LogLevel;
            _current = _current with { Settings = _current.Settings with { LogLevel = wanted.Settings.LogLevel } };
        }

        ReloadLog.Reloaded(_logger, _current.Path, _current.FilterSummary, RunSettingsReader.WordOf(_current.Settings.LogLevel));
    }

    private void ApplyFilters(RunConfiguration wanted, CaptureModules modules)
    {
        CaptureSettings old = _current.Settings;
        var filters = old.Capture with
        {
            Pids = wanted.Settings.Capture.Pids,
            Uids = wanted.Settings.Capture.Uids,
            CgroupPaths = wanted.Settings.Capture.CgroupPaths,
        };
        try
        {
            HostCheck.ThrowIfPidsMeanNothing(filters);
            modules.ReplaceFilters(old.Capture, filters);
            _current = _current with { Settings = old with { Capture = filters } };
        }
        catch (Exception e)
        {
            // The kernel's refusal, or what nobody thought of: the signal's handler has nobody above it.
            ReloadLog.FiltersStay(_logger, e);
        }
    }
}
