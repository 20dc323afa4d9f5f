// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Hosting;

internal static partial class RelayLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Reading {Source} as a member of group '{Group}'. Stop with Ctrl-C.")]
    public static partial void Started(ILogger logger, string source, string group);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "The reader of Kafka did not end within the drain timeout; what it holds is delivered again by the next start.")]
    public static partial void ReaderStuck(ILogger logger);
}
