// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Sluice.Sinks.Otlp;

/// <summary>Says once that requests are not taken and once that they are again. Thread-safe.</summary>
internal sealed class ServerOutage
{
    /// <summary>A server that refuses every other request, because it is busy, would have a line for each of them.</summary>
    private const long QuietMs = 10_000;

    private readonly ILogger _logger;
    private readonly string _sink;
    private readonly Lock _gate = new();
    private bool _isOn;
    private bool _isSaid;
    private long _beganMs;
    private long _lastSaidMs = -QuietMs;

    public ServerOutage(ILogger logger, string sink)
    {
        _logger = logger;
        _sink = sink;
    }

    /// <summary>An attempt came to nothing; it will be made again.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="waiting">Events without an outcome.</param>
    public void OnFailure(string reason, long waiting)
    {
        lock (_gate)
        {
            long now = Environment.TickCount64;
            if (!_isOn)
            {
                _isOn = true;
                _beganMs = now;
            }

            if (!_isSaid && now - _lastSaidMs >= QuietMs)
            {
                _isSaid = true;
                _lastSaidMs = now;
                OtlpLog.OutageBegan(_logger, _sink, reason, waiting);
            }
        }
    }

    /// <summary>A request was answered for good.</summary>
    public void OnAnswered()
    {
        lock (_gate)
        {
            if (_isSaid)
            {
                OtlpLog.OutageEnded(_logger, _sink, (Environment.TickCount64 - _beganMs) / 1000.0);
            }

            _isOn = false;
            _isSaid = false;
        }
    }
}
