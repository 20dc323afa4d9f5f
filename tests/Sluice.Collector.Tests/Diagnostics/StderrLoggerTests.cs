// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Extensions.Logging;
using Sluice.Collector.Diagnostics;
using Xunit;

namespace Sluice.Collector.Tests.Diagnostics;

public sealed class StderrLoggerTests
{
    private static readonly Action<ILogger, string, Exception?> s_warn = LoggerMessage.Define<string>(LogLevel.Warning, new EventId(1), "Said: {Text}");

    [Fact]
    public void Entry_WithLineBreaks_TakesOneLineWithTimeLevelAndCategory()
    {
        string text = Write(LogLevel.Information, logger => s_warn(logger, "one\ntwo", null));

        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d\d\d warn  Thing: Said: one two\n$", text);
    }

    [Fact]
    public void Entry_WithTerminalEscapes_ShowsThemInsteadOfObeying()
    {
        string text = Write(LogLevel.Information, static logger => s_warn(logger, "/tmp/\u001b]0;x\a\u009b2J\u202e\u007fé", new IOException("\u001b[2J")));

        Assert.EndsWith(@"Said: /tmp/\x1b]0;x\x07\x9b2J\u202e\x7fé \x1b[2J" + "\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Exception_WithTerminalEscapesAtDebug_KeepsItsLinesOnly()
    {
        string text = Write(LogLevel.Debug, static logger => s_warn(logger, "x", new IOException("one\ntwo\u001b[2J")));

        Assert.EndsWith("IOException: one\ntwo\\x1b[2J\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Entry_BelowTheLevel_IsLeftOut() => Assert.Empty(Write(LogLevel.Error, static logger => s_warn(logger, "x", null)));

    [Fact]
    public void Entry_WhenNothingIsWanted_IsLeftOut() => Assert.Empty(Write(LogLevel.None, static logger => s_warn(logger, "x", null)));

    [Fact]
    public void Exception_AtInformation_AddsItsMessageOnly()
    {
        string text = Write(LogLevel.Information, static logger => s_warn(logger, "x", new IOException("Broken.")));

        Assert.EndsWith("Said: x Broken.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Exception_AtDebug_AddsItsType()
    {
        string text = Write(LogLevel.Debug, static logger => s_warn(logger, "x", new IOException("Broken.")));

        Assert.Contains("System.IO.IOException: Broken.", text, StringComparison.Ordinal);
    }

    private static string Write(LogLevel minLevel, Action<ILogger> log)
    {
        using var output = new StringWriter();
        using var factory = new StderrLoggerFactory(output, new LogThreshold(minLevel));
        log(factory.CreateLogger("Sluice.Some.Thing"));
        return output.ToString();
    }
}
