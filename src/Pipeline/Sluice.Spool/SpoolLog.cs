// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Spool;

/// <summary>What a spool logs.</summary>
internal static partial class SpoolLog
{
    [LoggerMessage(1, LogLevel.Error, "A batch in the spool of {Sink} is damaged: {Events} events are counted as dropped (spool_damaged).")]
    public static partial void BatchDamaged(ILogger logger, string sink, int events);

    [LoggerMessage(2, LogLevel.Error, "The spool of {Sink} is damaged ({Damage}): {Batches} batches were taken over into a new file, {Events} events are lost. The old file is kept as '{Aside}'; delete it when you do not need it.")]
    public static partial void Rescued(ILogger logger, string sink, string damage, long batches, long events, string aside);

    [LoggerMessage(3, LogLevel.Error, "The file of the spool of {Sink} was no database: its begin is destroyed, or it is not ours. It is kept as '{Aside}', and a new one takes its place; what it held is not known.")]
    public static partial void NotADatabase(ILogger logger, string sink, string aside);

    [LoggerMessage(4, LogLevel.Warning, "What was delivered could not be deleted from the spool of {Sink} and stays there for now: {Problem}.")]
    public static partial void NotDeleted(ILogger logger, string sink, string problem);

    [LoggerMessage(5, LogLevel.Warning, "The spool of {Sink} could not be flushed to the disk: {Problem}. A power cut now would cost its last events.")]
    public static partial void NotSynced(ILogger logger, string sink, string problem);

    [LoggerMessage(6, LogLevel.Warning, "The spool of {Sink} could not be closed in order: {Problem}. The next run finds out what was not delivered.")]
    public static partial void NotClosed(ILogger logger, string sink, string problem);
}
