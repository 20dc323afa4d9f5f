// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Hosting;

internal static partial class ReplayLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "The recording {File} is damaged in {Places} places; {Samples} events are missing there. All others are replayed.")]
    public static partial void Holes(ILogger logger, string file, long places, long samples);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The recording {File} ends inside a batch of events ({Bytes} bytes of it are there), as when its writer was killed. All before it are replayed.")]
    public static partial void Torn(ILogger logger, string file, long bytes);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Before {File} the recording has {Samples} more events: a file of it was not given, or was deleted by rotate-keep.")]
    public static partial void Absent(ILogger logger, string file, long samples);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "{Samples} events of {File} were recorded before events that are replayed already: give each file once, the oldest first.")]
    public static partial void Repeated(ILogger logger, string file, long samples);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "Replaying {Files}{Pace}. Stop with Ctrl-C.")]
    public static partial void Started(ILogger logger, string files, string pace);

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "A sink did not let go of the replay within the drain timeout; what the recording still holds is not replayed.")]
    public static partial void FeedStuck(ILogger logger);
}
