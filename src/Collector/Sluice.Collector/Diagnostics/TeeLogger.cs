// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Diagnostics;

/// <summary>Writes every entry to two loggers.</summary>
internal sealed class TeeLogger : ILogger
{
    private readonly ILogger _first;
    private readonly ILogger _second;

    public TeeLogger(ILogger first, ILogger second)
    {
        _first = first;
        _second = second;
    }

    public bool IsEnabled(LogLevel logLevel) => _first.IsEnabled(logLevel) || _second.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _first.Log(logLevel, eventId, state, exception, formatter);
        _second.Log(logLevel, eventId, state, exception, formatter);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;
}
