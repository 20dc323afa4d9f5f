// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Sluice.Sinks.Kafka;

/// <summary>Says once that the brokers went away and once that they are back. Thread-safe.</summary>
internal sealed class BrokerOutage
{
    /// <summary>
    /// Records wait and nothing was acknowledged for this long: an outage, also when every connection stands (a broker that hangs).
    /// Shorter would report an election, which takes a second or two.
    /// </summary>
    private const long SilenceMs = 5_000;

    private readonly ILogger _logger;
    private readonly string _sink;

    // _gate guards the fields below it.
    private readonly Lock _gate = new();
    private string _lastReason = "it does not answer";
    private long _quietSinceMs = Environment.TickCount64;
    private long _beganMs;
    private bool _isOn;

    public BrokerOutage(ILogger logger, string sink)
    {
        _logger = logger;
        _sink = sink;
    }

    /// <summary>A connection failed; others may stand.</summary>
    public void OnError(string reason)
    {
        lock (_gate)
        {
            _lastReason = reason;
        }
    }

    /// <summary>Every connection failed.</summary>
    public void OnAllBrokersDown(long nowMs, long pending)
    {
        if (pending > 0)
        {
            lock (_gate)
            {
                Begin(nowMs, pending);
            }
        }
    }

    /// <summary>Call it now and then.</summary>
    public void OnTick(long nowMs, long pending)
    {
        lock (_gate)
        {
            if (pending == 0)
            {
                _quietSinceMs = nowMs;
            }
            else if (nowMs - _quietSinceMs >= SilenceMs)
            {
                Begin(nowMs, pending);
            }
        }
    }

    /// <summary>Records were acknowledged.</summary>
    public void OnDelivered(long nowMs)
    {
        lock (_gate)
        {
            _quietSinceMs = nowMs;
            if (_isOn)
            {
                _isOn = false;
                KafkaLog.OutageEnded(_logger, _sink, (nowMs - _beganMs) / 1000.0);
            }
        }
    }

    private void Begin(long nowMs, long pending)
    {
        if (!_isOn)
        {
            _isOn = true;
            _beganMs = nowMs;
            KafkaLog.OutageBegan(_logger, _sink, _lastReason, pending);
        }
    }
}
