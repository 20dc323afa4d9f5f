// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Diagnostics;

/// <summary>Loggers that write to two places. The factories stay the caller's.</summary>
internal sealed class TeeLoggerFactory : ILoggerFactory
{
    private readonly ILoggerFactory _first;
    private readonly ILoggerFactory _second;

    public TeeLoggerFactory(ILoggerFactory first, ILoggerFactory second)
    {
        _first = first;
        _second = second;
    }

    public ILogger CreateLogger(string categoryName) => new TeeLogger(_first.CreateLogger(categoryName), _second.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Where diagnostics go is decided once, at the start.");

    public void Dispose()
    {
        // Nothing is owned.
    }
}
