// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Delivery;
using Sluice.Probes.Targets;
using Xunit;

namespace Sluice.Collector.Tests.CommandLine;

public sealed class FailureReportTests
{
    // Rows carry names, not exceptions: xunit has to be able to list them.
    [Theory]
    [InlineData("usage", ExitCode.Usage)]
    [InlineData("sink URI", ExitCode.Usage)]
    [InlineData("sink configuration", ExitCode.Usage)]
    [InlineData("sink unreachable", ExitCode.Failed)]
    [InlineData("ledger file", ExitCode.Failed)]
    [InlineData("host unfit", ExitCode.HostCannot)]
    [InlineData("bpf call", ExitCode.HostCannot)]
    [InlineData("native library", ExitCode.HostCannot)]
    [InlineData("library named by the user is missing", ExitCode.Usage)]
    [InlineData("process named by the user is missing", ExitCode.Usage)]
    [InlineData("library named by the user is broken", ExitCode.HostCannot)]
    [InlineData("our own mistake", ExitCode.Failed)]
    public void Failure_OfEachKind_HasItsExitCodeAndNoStackTrace(string kind, ExitCode expected)
    {
        (ExitCode code, string text) = Report(Make(kind), LogLevel.Information);

        Assert.Equal(expected, code);
        Assert.StartsWith("sluice: ", text, StringComparison.Ordinal);
        Assert.Contains("what went wrong", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_WithAMultiLineMessage_TakesOneLine()
    {
        (_, string text) = Report(new UsageException("first\nsecond"), LogLevel.Information);

        Assert.Equal("sluice: first second", text.Split('\n')[0]);
    }

    [Theory]
    [InlineData(LogLevel.Information)]
    [InlineData(LogLevel.Debug)]
    public void Failure_WithTerminalEscapes_ShowsThemInsteadOfObeying(LogLevel level)
    {
        (_, string text) = Report(new TargetException(TargetError.NotElf, "/tmp/\u001b[2J\u009b: not ELF"), level);

        Assert.StartsWith(@"sluice: /tmp/\x1b[2J\x9b: not ELF", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, static letter => char.IsControl(letter) && letter != '\n');
    }

    [Fact]
    public void Failure_AtDebugLevel_ShowsWhere()
    {
        Exception thrown = Assert.Throws<InvalidOperationException>(ThrowOurMistake);

        (_, string text) = Report(thrown, LogLevel.Debug);

        Assert.Contains("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void HostUnfit_WithARemedy_SaysBoth()
    {
        (_, string text) = Report(new HostUnfitException("what went wrong", "what to do"), LogLevel.Information);

        Assert.Equal("sluice: what went wrong\nsluice: what to do\n", text);
    }

    [Fact]
    public void VerifierRejection_WithALog_KeepsTheLogInAFile()
    {
        string state = Directory.CreateTempSubdirectory("sluice-test").FullName;
        string? before = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", state);
        try
        {
            (ExitCode code, string text) = Report(new VerifierException("bpf_object__load", 13, "ssl_write", "0: R1=ctx()\nR2 is bad"), LogLevel.Information);

            string path = Path.Combine(state, "sluice", "verifier-ssl_write.log");
            Assert.Equal(ExitCode.HostCannot, code);
            Assert.Contains(path, text, StringComparison.Ordinal);
            Assert.Equal("0: R1=ctx()\nR2 is bad", File.ReadAllText(path));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_STATE_HOME", before);
            Directory.Delete(state, recursive: true);
        }
    }

    private static void ThrowOurMistake() => throw Make("our own mistake");

    private static (ExitCode Code, string Text) Report(Exception failure, LogLevel level)
    {
        using var output = new StringWriter();
        ExitCode code = FailureReport.Write(output, failure, "sluice capture", level);
        return (code, output.ToString());
    }

    private static Exception Make(string kind)
    {
        const string text = "what went wrong";
        return kind switch
        {
            "usage" => new UsageException(text),
            "sink URI" => new SinkUriException(text),
            "sink configuration" => new SinkException(text) { IsConfiguration = true },
            "sink unreachable" => new SinkException(text),
            "ledger file" => new LedgerFileException("/x", new IOException(text)),
            "host unfit" => new HostUnfitException(text, "what to do"),
            "bpf call" => new BpfException("bpf", 1, text),
            "native library" => new DllNotFoundException(text),
            "library named by the user is missing" => new TargetException(TargetError.FileNotFound, text),
            "process named by the user is missing" => new TargetException(TargetError.NoSuchProcess, text),
            "library named by the user is broken" => new TargetException(TargetError.NotElf, text),
            "our own mistake" => new InvalidOperationException(text),
            _ => throw new ArgumentException(kind, nameof(kind)),
        };
    }
}
