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
    private int _alive;

    public SinkWatch(int sinks, StopRequest stop, ILogger logger)
    {
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
        if (Interlocked.Decrement(ref _alive) == 0)
        {
            _stop.TryStop("no sink is left");
        }
    }
}
