// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Reading;

namespace Sluice.Sources.Kafka;

/// <summary>Tells of records and events that could not be read: the first at once, then a sum every ten seconds. One thread.</summary>
internal sealed class RefusalReport(EventIntake intake, ILogger logger, string source)
{
    private const long IntervalMs = 10_000;

    private long _told;
    private long _nextMs;
    private long _seen;
    private (string Topic, int Partition, long Offset) _last;

    /// <summary>To be called after each record.</summary>
    public void OnRecord(string topic, int partition, long offset)
    {
        if (intake.Refused != _seen)
        {
            _seen = intake.Refused;
            _last = (topic, partition, offset);
            TellIfDue(Environment.TickCount64);
        }
    }

    /// <summary>To be called now and then, so that a sum does not wait for the next bad record.</summary>
    public void TellIfDue(long nowMs)
    {
        if (_seen != _told && nowMs >= _nextMs)
        {
            Tell();
            _nextMs = nowMs + IntervalMs;
        }
    }

    /// <summary>Tells what has not been told.</summary>
    public void Finish()
    {
        if (_seen != _told)
        {
            Tell();
        }
    }

    private void Tell()
    {
        KafkaSourceLog.Refused(logger, source, _seen - _told, _last.Topic, _last.Partition, _last.Offset, Describe());
        _told = _seen;
    }

    private string Describe()
    {
        string field = intake.LastProblemField is { } name ? $"'{name}'" : "the event";
        return intake.LastProblem switch
        {
            EventProblem.NotReadable => "the bytes are not JSON, MessagePack or OTLP logs, or end too early",
            EventProblem.NotAnEvent => "there is no event in it",
            EventProblem.UnknownEvent => "the kind of event is not known to this version",
            EventProblem.MissingField => $"the field {field} is missing",
            EventProblem.RepeatedField => $"the field {field} stands there twice",
            EventProblem.MisplacedField => $"the field {field} does not belong to this event",
            EventProblem.WrongType => $"the field {field} is of another type",
            EventProblem.TooLong => $"the field {field} is too long",
            _ => $"the value of {field} is not known to this version, or out of range",
        };
    }
}
