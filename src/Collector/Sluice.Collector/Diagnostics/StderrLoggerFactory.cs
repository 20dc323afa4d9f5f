// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Diagnostics;

/// <summary>
/// Diagnostics as single lines on standard error. The logging package with its providers, options and queue thread costs more start-up time and
/// memory than this program's few lines are worth, so only its abstractions are used.
/// </summary>
internal sealed class StderrLoggerFactory : ILoggerFactory
{
    private readonly TextWriter _output;
    private readonly LogThreshold _threshold;

    /// <param name="output">A thread-safe writer: <see cref="Console.Error"/>.</param>
    /// <param name="threshold">Less important lines are left out.</param>
    public StderrLoggerFactory(TextWriter output, LogThreshold threshold)
    {
        _output = output;
        _threshold = threshold;
    }

    public ILogger CreateLogger(string categoryName) => new StderrLogger(_output, _threshold, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Diagnostics go to standard error only.");

    public void Dispose()
    {
        // Nothing is owned: standard error outlives everything.
    }
}
