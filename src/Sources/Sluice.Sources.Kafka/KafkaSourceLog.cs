// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Sources.Kafka;

/// <summary>What the source logs. Nothing of it is per record.</summary>
internal static partial class KafkaSourceLog
{
    [LoggerMessage(1, LogLevel.Information, "Kafka source '{Source}': {Count} partitions assigned: {Partitions}.")]
    public static partial void Assigned(ILogger logger, string source, int count, string partitions);

    [LoggerMessage(2, LogLevel.Information, "Kafka source '{Source}': {Count} partitions given up: {Partitions}.")]
    public static partial void Revoked(ILogger logger, string source, int count, string partitions);

    [LoggerMessage(3, LogLevel.Warning, "Kafka source '{Source}': {Count} partitions lost, because the group did not hear of this member in time: {Partitions}. Their next owner delivers again what was not committed.")]
    public static partial void Lost(ILogger logger, string source, int count, string partitions);

    [LoggerMessage(4, LogLevel.Warning, "Kafka source '{Source}': the sinks had no outcome for all events within {Seconds} s when partitions had to be given up; their next owner delivers some again.")]
    public static partial void GivenUpUnsettled(ILogger logger, string source, double seconds);

    [LoggerMessage(5, LogLevel.Warning, "Kafka source '{Source}': {Count} records or events could not be read, the last one in {Topic} [{Partition}] at offset {Offset}: {Problem}. They are counted as malformed and passed over.")]
    public static partial void Refused(ILogger logger, string source, long count, string topic, int partition, long offset, string problem);

    [LoggerMessage(6, LogLevel.Warning, "Kafka source '{Source}': offsets were not committed ({Reason}); it is tried again.")]
    public static partial void NotCommitted(ILogger logger, string source, string reason);

    [LoggerMessage(7, LogLevel.Warning, "Kafka source '{Source}': no broker answers ({Reason}); reading goes on when one does.")]
    public static partial void OutageBegan(ILogger logger, string source, string reason);

    [LoggerMessage(8, LogLevel.Information, "Kafka source '{Source}': the brokers are back after {Seconds:F0} s.")]
    public static partial void OutageEnded(ILogger logger, string source, double seconds);

    [LoggerMessage(9, LogLevel.Warning, "Kafka source '{Source}': {Reason}.")]
    public static partial void Trouble(ILogger logger, string source, string reason);

    [LoggerMessage(10, LogLevel.Debug, "Kafka source '{Source}': {Facility}: {Text}")]
    public static partial void ClientLine(ILogger logger, string source, string facility, string text);

    [LoggerMessage(11, LogLevel.Debug, "Kafka source '{Source}': committed {Count} partitions; reading stood still for {StallMs:F1} ms before.")]
    public static partial void Committed(ILogger logger, string source, int count, double stallMs);

    [LoggerMessage(12, LogLevel.Warning, "Kafka source '{Source}': some events of the last moment have no outcome; they are not committed and will be delivered again.")]
    public static partial void LeftUncommitted(ILogger logger, string source);

    [LoggerMessage(13, LogLevel.Information, "Kafka source '{Source}': reading is held back, because a sink takes no more.")]
    public static partial void HeldBack(ILogger logger, string source);
}
