// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Diagnostics;

/// <summary>Which diagnostics are written; may be changed while others log. Thread-safe.</summary>
internal sealed class LogThreshold
{
    // Read by every logger without a lock, written by a reload: a line that is written with the old level is no harm.
    private volatile LogLevel _level;

    public LogThreshold(LogLevel level) => _level = level;

    /// <summary>Less important lines are left out.</summary>
    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }
}
