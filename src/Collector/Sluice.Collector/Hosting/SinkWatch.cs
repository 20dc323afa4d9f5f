// SPDX-License-Identifier: Apache-2.0
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.Hosting;

/// <summary>
/// Decides what the end of a sink means for the capture: it goes on as long as one sink can take events, because one full disk must not blind the others,
/// and stops when none is left. That a sink failed shows in the exit code. Thread-safe, never blocks.
/// </summary>
internal sealed class SinkWatch
{
    private readonly StopRequest _stop;
    private readonly ILogger _logger;
    private readonly bool _needsAll;
    private int _alive;

    /// <param name="sinks">How many there are.</param>
    /// <param name="stop">Told to stop.</param>
    /// <param name="logger">Told about every end.</param>
    /// <param name="needsAll">The run stops when one has ended, and not when the last one has.</param>
    public SinkWatch(int sinks, StopRequest stop, ILogger logger, bool needsAll = false)
    {
        _needsAll = needsAll;
        _alive = sinks;
        _stop = stop;
        _logger = logger;
    }

    public void OnSinkFailed(SinkFailure failure)
    {
        if (failure.EndsQuietly)
        {
            HostLog.SinkEnded(_logger, failure.SinkName);
        }
        else
        {
            HostLog.SinkFailed(_logger, failure.Exception.Message);
        }

        // Pairs with itself on the workers of other sinks: one of them is the last.
        if (Interlocked.Decrement(ref _alive) == 0 || _needsAll)
        {
            _stop.TryStop(_needsAll ? "a sink has ended" : "no sink is left");
        }
    }
}
