// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Encoding;

namespace Sluice.Collector.Diagnostics;

/// <summary>Writes <c>HH:mm:ss.fff level Category: message</c>, UTC, one line and one write per entry, with nothing in it that could steer a terminal.</summary>
internal sealed class StderrLogger : ILogger
{
    private readonly TextWriter _output;
    private readonly LogThreshold _threshold;
    private readonly string _category;

    public StderrLogger(TextWriter output, LogThreshold threshold, string category)
    {
        _output = output;
        _threshold = threshold;
        _category = category[(category.LastIndexOf('.') + 1)..];
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _threshold.Level && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        // Messages name paths and processes, and whoever runs a process on this host chooses those.
        string line = string.Create(
            CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {Word(logLevel)} {_category}: {OneLine(formatter(state, exception))}");
        if (exception is not null)
        {
            line += _threshold.Level <= LogLevel.Debug ? Environment.NewLine + TerminalText.Lines(exception.ToString()) : " " + OneLine(exception.Message);
        }

        _output.WriteLine(line);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    private static string OneLine(string text) => TerminalText.Line(text.ReplaceLineEndings(" "));

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        _ => "error",
    };
}
