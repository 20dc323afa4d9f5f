// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Threading;

namespace Sluice.Collector.Telemetry;

/// <summary>Makes the meters of one run and ends them with it. The factory of the hosting packages needs a service container. Thread-safe.</summary>
internal sealed class CollectorMeters : IMeterFactory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Meter> _meters = new(StringComparer.Ordinal);

    /// <summary>A meter of this name, the same for all who ask; its scope is this factory.</summary>
    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        lock (_gate)
        {
            if (!_meters.TryGetValue(options.Name, out Meter? meter))
            {
                meter = new Meter(new MeterOptions(options.Name) { Version = options.Version ?? ProductVersion.Text, Tags = options.Tags, Scope = this });
                _meters.Add(options.Name, meter);
            }

            return meter;
        }
    }

    /// <summary>Listeners hear nothing more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Meter meter in _meters.Values)
            {
                meter.Dispose();
            }

            _meters.Clear();
        }
    }
}
