// SPDX-License-Identifier: Apache-2.0
using System;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Sluice.Sources.Kafka;

/// <summary>Says once that the brokers went away and once that they are back, and remembers the last error. The thread that polls.</summary>
internal sealed class BrokerState(ILogger logger, string source)
{
    private long _beganMs;

    /// <summary>The last error of the client itself; null for none so far.</summary>
    public Error? LastError { get; private set; }

    /// <summary>Nothing that happens before reading begins is an outage: the check at the start tells of it.</summary>
    public bool IsWatching { get; set; }

    private bool IsOn => _beganMs != 0;

    public void OnError(Error error)
    {
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            if (IsWatching && !IsOn)
            {
                _beganMs = Environment.TickCount64;
                KafkaSourceLog.OutageBegan(logger, source, LastError?.Reason ?? error.Reason);
            }
        }
        else
        {
            LastError = error;
        }
    }

    /// <summary>A broker has answered.</summary>
    public void OnAnswer()
    {
        if (IsOn)
        {
            KafkaSourceLog.OutageEnded(logger, source, (Environment.TickCount64 - _beganMs) / 1000.0);
            _beganMs = 0;
        }
    }
}
