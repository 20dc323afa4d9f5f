// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Sinks.Kafka;

/// <summary>What the sink logs. Nothing of it is per record.</summary>
internal static partial class KafkaLog
{
    [LoggerMessage(1, LogLevel.Warning, "Kafka sink '{Sink}': no acknowledgement from the brokers ({Reason}); {Waiting} events wait for them.")]
    public static partial void OutageBegan(ILogger logger, string sink, string reason, long waiting);

    [LoggerMessage(2, LogLevel.Information, "Kafka sink '{Sink}': the brokers are back after {Seconds:F0} s.")]
    public static partial void OutageEnded(ILogger logger, string sink, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "Kafka sink '{Sink}': {Count} events were not delivered, the last one because of: {Reason}.")]
    public static partial void NotDelivered(ILogger logger, string sink, long count, string reason);

    [LoggerMessage(4, LogLevel.Error, "Kafka sink '{Sink}' cannot go on: {Reason}.")]
    public static partial void Failed(ILogger logger, string sink, string reason);

    [LoggerMessage(5, LogLevel.Debug, "Kafka sink '{Sink}': {Facility}: {Text}")]
    public static partial void ClientLine(ILogger logger, string sink, string facility, string text);

    [LoggerMessage(6, LogLevel.Information, "Kafka sink '{Sink}': batches are kept below {Bytes} bytes, the limit that the broker has for the topic.")]
    public static partial void BatchesLimited(ILogger logger, string sink, int bytes);

    [LoggerMessage(7, LogLevel.Error, "Kafka sink '{Sink}': the thread that reads delivery reports died.")]
    public static partial void ThreadDied(ILogger logger, string sink, System.Exception exception);
}
