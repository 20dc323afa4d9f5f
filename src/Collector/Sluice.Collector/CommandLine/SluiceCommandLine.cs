// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Linq;
using System.Threading.Tasks;
using Sluice.Collector.Configuration;
using Sluice.Collector.Doctor;
using Sluice.Collector.Hosting;
using Sluice.Pipeline.Encoding;

namespace Sluice.Collector.CommandLine;

/// <summary>The whole command line of <c>sluice</c>. The one place where failures become messages and exit codes.</summary>
internal static class SluiceCommandLine
{
    private const string Commands = "capture, run, replay, relay, config, doctor";

    private static readonly ParserConfiguration s_parser = new()
    {
        // Option values may start with '@' (a cgroup of systemd does); they are never files of more options.
        ResponseFileTokenReplacer = null,
    };

    private static readonly InvocationConfiguration s_invocation = new()
    {
        EnableDefaultExceptionHandler = false,

        // Signals are the capture's own business: it must drain first.
        ProcessTerminationTimeout = null,
    };

    /// <summary>Runs one command to its end; never throws.</summary>
    public static async Task<ExitCode> RunAsync(string[] args)
    {
        RunSettings? settings = null;
        RootCommand root = Build(
            capture: parsed =>
            {
                settings = parsed;
                return CaptureHost.RunAsync(parsed);
            },
            replay: parsed =>
            {
                settings = parsed;
                return ReplayHost.RunAsync(parsed);
            },
            run: path =>
            {
                RunConfiguration configuration = ConfigFile.Read(path);
                settings = configuration.Settings;
                return CaptureHost.RunAsync(configuration);
            },
            check: CheckConfig,
            relay: parsed =>
            {
                settings = parsed;
                return RelayHost.RunAsync(parsed);
            },
            doctor: DoctorCommand.Run);
        ParseResult result = root.Parse(args, s_parser);
        string command = PathOf(result.CommandResult);
        try
        {
            ThrowOnParseError(result);
            return (ExitCode)await result.InvokeAsync(s_invocation);
        }
        catch (Exception e)
        {
            return FailureReport.Write(Console.Error, e, command, settings?.LogLevel ?? RunSettingsReader.DefaultLogLevel);
        }
    }

    /// <summary>What <c>sluice capture</c> with these words would do.</summary>
    /// <exception cref="UsageException">The words cannot be.</exception>
    internal static CaptureSettings ParseCapture(params string[] args) => Parse<CaptureSettings>(["capture", .. args]);

    /// <summary>What <c>sluice replay</c> with these words would do.</summary>
    /// <exception cref="UsageException">The words cannot be.</exception>
    internal static ReplaySettings ParseReplay(params string[] args) => Parse<ReplaySettings>(["replay", .. args]);

    /// <summary>What <c>sluice relay</c> with these words would do.</summary>
    /// <exception cref="UsageException">The words cannot be.</exception>
    internal static RelaySettings ParseRelay(params string[] args) => Parse<RelaySettings>(["relay", .. args]);

    private static T Parse<T>(string[] args)
        where T : RunSettings
    {
        RunSettings? settings = null;
        RootCommand root = Build(
            capture: parsed => Keep(parsed, out settings),
            replay: parsed => Keep(parsed, out settings),
            run: static _ => Task.FromResult(ExitCode.Done),
            check: static _ => ExitCode.Done,
            relay: parsed => Keep(parsed, out settings),
            doctor: static _ => ExitCode.Done);
        ParseResult result = root.Parse(args, s_parser);
        ThrowOnParseError(result);
        result.Invoke(s_invocation);
        return settings as T ?? throw new UsageException("the command line does not start a run.");
    }

    private static Task<ExitCode> Keep(RunSettings parsed, out RunSettings settings)
    {
        settings = parsed;
        return Task.FromResult(ExitCode.Done);
    }

    private static ExitCode CheckConfig(string path)
    {
        Console.Out.WriteLine(TerminalText.Line(ConfigFile.Read(path).Summary));
        return ExitCode.Done;
    }

    /// <summary>Such as <c>sluice config check</c>. The root is called after the file that runs, which is not always its name.</summary>
    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "sluice";

    private static RootCommand Build(
        Func<CaptureSettings, Task<ExitCode>> capture,
        Func<ReplaySettings, Task<ExitCode>> replay,
        Func<string, Task<ExitCode>> run,
        Func<string, ExitCode> check,
        Func<RelaySettings, Task<ExitCode>> relay,
        Func<bool, ExitCode> doctor)
    {
        var root = new RootCommand(
            "Taps TLS plaintext of running processes with eBPF and streams it, counted to the last event, to a terminal, JSON Lines files and Kafka.")
        {
            new CaptureCommand(capture),
            new RunCommand(run),
            new ReplayCommand(replay),
            new ConfigCommand(check),
            new RelayCommand(relay),
            new DoctorCommand(doctor),
        };
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersionAction();
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Description = "Show this help.";
        }

        return root;
    }

    private static void ThrowOnParseError(ParseResult result)
    {
        if (result.Errors.Count == 0)
        {
            return;
        }

        if (result.UnmatchedTokens.Count != 0)
        {
            string word = result.UnmatchedTokens[0];
            bool isCommand = result.CommandResult.Command is RootCommand;
            string kind = word.StartsWith('-') ? "option" : isCommand ? "command" : "argument";
            throw new UsageException($"unknown {kind} '{word}'.");
        }

        throw new UsageException(result.Tokens.Count == 0 ? $"no command given; commands: {Commands}." : result.Errors[0].Message);
    }
}
