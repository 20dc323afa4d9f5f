// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

namespace Sluice.Collector.CommandLine;

/// <summary>The options that all commands with sinks share, as the user writes them.</summary>
internal sealed class RunOptions
{
    private readonly Option<string[]> _sinks = List("--sink", "URI",
        "Where events go: - or console: (readable text), jsonl:PATH or jsonl:- (JSON Lines), kafka://HOST:PORT/TOPIC, otlp+grpc://HOST:4317, otlp+http://HOST:4318, raw:PATH (a recording, for sluice replay), "
        + "null: (counts only). Options follow as ?name=value&name=value; all sinks know name, queue-bytes and overflow=block|drop-newest|spool (this with spool-dir=DIR, spool-max-bytes, spool-full=block|drop-newest). Repeatable. Default: console:");

    private readonly Option<bool> _hex = new("--hex") { Description = "The console shows payloads as a hex dump." };
    private readonly Option<string?> _ledger = One("--ledger", "FILE", "Keep the loss ledger in this file as JSON: refreshed every second, final at exit.");
    private readonly Option<string?> _maxEvents = One("--max-events", "N", "Stop after N events.");
    private readonly Option<string?> _drainTimeout = One("--drain-timeout", "TIME", "Longest time from the stop to the exit. Default: 10s");
    private readonly Option<string?> _logLevel = One("--log-level", "LEVEL", "Diagnostics on stderr: trace, debug, info, warn, error or none. Default: info");

    /// <summary>Where events go; first in the help.</summary>
    public Option Sinks => _sinks;

    /// <summary>Of the console.</summary>
    public Option Hex => _hex;

    public Option Ledger => _ledger;

    /// <summary>Bounds and diagnostics; last in the help.</summary>
    public Option[] Limits => [_maxEvents, _drainTimeout, _logLevel];

    public static Option<string?> One(string name, string valueName, string description) => new(name)
    {
        HelpName = valueName,
        Description = description,
    };

    public static Option<string[]> List(string name, string valueName, string description) => new(name)
    {
        HelpName = valueName,
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>What was given, beside what the command itself takes.</summary>
    public T Fill<T>(T words, ParseResult result)
        where T : RunWords => words with
        {
            Sinks = result.GetValue(_sinks) ?? [],
            Hex = result.GetValue(_hex),
            Ledger = result.GetValue(_ledger),
            MaxEvents = result.GetValue(_maxEvents),
            DrainTimeout = result.GetValue(_drainTimeout),
            LogLevel = result.GetValue(_logLevel),
        };
}
