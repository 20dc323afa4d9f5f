// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Collector.Configuration;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Recording;
using Sluice.Probes.Targets;

namespace Sluice.Collector.CommandLine;

/// <summary>Turns what went wrong into lines for the user and an exit code.</summary>
internal static class FailureReport
{
    /// <summary>Writes the report of <paramref name="failure"/>; stack traces only for what is our own fault, and only when asked for.</summary>
    /// <param name="output">Standard error.</param>
    /// <param name="failure">What was thrown.</param>
    /// <param name="command">The command as typed, for the hint, such as <c>sluice capture</c>.</param>
    /// <param name="logLevel">At debug and below, the stack trace of an internal error is shown.</param>
    public static ExitCode Write(TextWriter output, Exception failure, string command, LogLevel logLevel)
    {
        foreach (ConfigMistake mistake in (failure as ConfigException)?.Mistakes ?? [])
        {
            output.WriteLine(OneLine(mistake.ToString()));
        }

        (ExitCode code, string message, string? hint) = Describe(failure, command);
        output.WriteLine("sluice: " + OneLine(message));
        if (hint is not null)
        {
            output.WriteLine("sluice: " + OneLine(hint));
        }

        if (FindRejection(failure) is { } rejected && VerifierLogFile.TryWrite(rejected) is { } path)
        {
            output.WriteLine("sluice: The verifier's whole log is in " + OneLine(path));
        }

        if (logLevel <= LogLevel.Debug)
        {
            output.WriteLine(TerminalText.Lines(failure.ToString()));
        }

        return code;
    }

    private static (ExitCode Code, string Message, string? Hint) Describe(Exception failure, string command) => failure switch
    {
        UsageException or SinkUriException or RecordingException => (ExitCode.Usage, failure.Message, $"Try: {command} --help"),
        ConfigException => (ExitCode.Usage, failure.Message, null),
        SinkException { IsConfiguration: true } or SourceException { IsConfiguration: true } => (ExitCode.Usage, failure.Message, null),
        SinkException { InnerException: DllNotFoundException } => (ExitCode.HostCannot, failure.Message, null),
        TargetException { Error: TargetError.FileNotFound or TargetError.NoSuchProcess } => (ExitCode.Usage, failure.Message, null),
        SinkException or SourceException => (ExitCode.Failed, failure.Message, null),
        HostUnfitException unfit => (ExitCode.HostCannot, failure.Message, unfit.Remedy),
        BpfException or TargetException => (ExitCode.HostCannot, failure.Message, "See what this host allows with: sluice doctor"),
        DllNotFoundException => (ExitCode.HostCannot, failure.Message, "Install the missing library, or see: sluice doctor"),
        _ => (ExitCode.Failed, $"Internal error: {failure.GetType().Name}: {failure.Message}", "--log-level debug shows where."),
    };

    /// <summary>The verifier's refusal inside the failure of a session's step.</summary>
    private static VerifierException? FindRejection(Exception? failure) =>
        failure is null or VerifierException ? failure as VerifierException : FindRejection(failure.InnerException);

    private static string OneLine(string message) => TerminalText.Line(message.ReplaceLineEndings(" ").Trim());
}
