// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Keeps what was logged.</summary>
internal sealed class CountingLogger : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue(formatter(state, exception));
}
