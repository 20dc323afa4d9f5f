// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Hosting;

internal static partial class ReloadLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Reloaded {File}: filters {Filters}; log level {Level}.")]
    public static partial void Reloaded(ILogger logger, string file, string filters, string level);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Not changed: {Keys}. A running capture keeps the values of its start; restart it to change them.")]
    public static partial void NotReloadable(ILogger logger, string keys);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "{Mistake}")]
    public static partial void Mistake(ILogger logger, string mistake);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "{File} is not reloaded: everything stays as it was.")]
    public static partial void NothingChanged(ILogger logger, string file);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "The filters stay as they were.")]
    public static partial void FiltersStay(ILogger logger, Exception refusal);

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "The configuration cannot be read: an unexpected error.")]
    public static partial void Unexpected(ILogger logger, Exception failure);
}
