// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;

namespace Sluice.Collector.CommandLine;

/// <summary>
/// <c>sluice capture</c>: the options as the user writes them. Values are read as text here and checked by <see cref="CaptureSettingsReader"/>,
/// so that every refusal has the same form.
/// </summary>
internal sealed class CaptureCommand : Command
{
    private readonly Argument<string[]> _modules = new("MODULE")
    {
        Description = "What to capture. In this version: tls (plaintext of every process that uses OpenSSL).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _sinks = List("--sink", "URI",
        "Where events go: - or console: (readable text), jsonl:PATH or jsonl:- (JSON Lines), kafka://HOST:PORT/TOPIC, null: (counts only). "
        + "Options follow as ?name=value&name=value; all sinks know name, queue-bytes and overflow=block|drop-newest|spool (this with spool-dir=DIR, spool-max-bytes, spool-full=block|drop-newest). Repeatable. Default: console:");

    private readonly Option<string[]> _pids = List("--pid", "PID", "Only this process (id as the host sees it). Repeatable, or a comma-separated list.");
    private readonly Option<string[]> _uids = List("--uid", "USER", "Only processes of this user, by number or name. Repeatable, or a comma-separated list.");
    private readonly Option<string[]> _cgroups = List("--cgroup", "PATH", "Only processes in this cgroup (v2) and below. Repeatable.");
    private readonly Option<string[]> _libraries = List("--lib", "PATH", "Tap this library or executable instead of those that are found. Repeatable.");

    private readonly Option<string?> _btf = One("--btf", "auto|core|noncore", "Bytecode flavour. Default: auto");
    private readonly Option<string?> _btfFile = One("--btf-file", "PATH", "BTF of the running kernel, where /sys/kernel/btf/vmlinux does not exist.");
    private readonly Option<string?> _mapSize = One("--mapsize", "PAGES", "Buffer between kernel and collector, in pages per CPU; a power of two. Default: 1024, rings at least 16 MiB in all");
    private readonly Option<string?> _transport = One("--transport", "ringbuf|perf", "How events leave the kernel. Default: ringbuf where the kernel has it (5.8), else perf");
    private readonly Option<string?> _mode = One("--mode", "text", "What the tls module captures. In this version: text (the plaintext)");
    private readonly Option<string?> _payloadLimit = One("--payload-limit", "BYTES", "Capture at most so many bytes of each call, such as 4KiB; 0 = all of them. Default: 0");
    private readonly Option<bool> _hex = new("--hex") { Description = "The console shows payloads as a hex dump." };
    private readonly Option<string?> _ledger = One("--ledger", "FILE", "Keep the loss ledger in this file as JSON: refreshed every second, final at exit.");
    private readonly Option<string?> _readyFile = One("--ready-file", "FILE", "Exists while every probe is attached.");
    private readonly Option<string?> _duration = One("--duration", "TIME", "Stop after this time, such as 500ms, 10s, 5m or 2h.");
    private readonly Option<string?> _maxEvents = One("--max-events", "N", "Stop after N events.");
    private readonly Option<string?> _drainTimeout = One("--drain-timeout", "TIME", "Longest time from the stop to the exit. Default: 10s");
    private readonly Option<string?> _listen = One("--listen", "ADDRESS:PORT", "Serve /metrics (Prometheus), /healthz and /readyz there, such as on 127.0.0.1:9464. Default: nowhere");
    private readonly Option<string?> _telemetryOtlp = One("--telemetry-otlp", "URL",
        "Send own metrics and logs there over OTLP: otlp+grpc://HOST:4317, otlp+http://HOST:4318, http(s)://…, or env (as OTEL_EXPORTER_OTLP_ENDPOINT says). Default: nowhere");

    private readonly Option<string?> _logLevel = One("--log-level", "LEVEL", "Diagnostics on stderr: trace, debug, info, warn, error or none. Default: info");

    /// <param name="run">Does it, once the words have been checked; its result is the exit code.</param>
    public CaptureCommand(Func<CaptureSettings, Task<ExitCode>> run)
        : base("capture", "Captures events and streams them to sinks until Ctrl-C.")
    {
        Add(_modules);
        foreach (Option option in new Option[]
        {
            _sinks, _pids, _uids, _cgroups, _libraries, _transport, _mapSize, _payloadLimit, _btf, _btfFile, _mode, _hex,
            _ledger, _readyFile, _duration, _maxEvents, _drainTimeout, _listen, _telemetryOtlp, _logLevel,
        })
        {
            Add(option);
        }

        SetAction(async (result, _) => (int)await run(CaptureSettingsReader.Read(Words(result))));
    }

    private static Option<string?> One(string name, string valueName, string description) => new(name)
    {
        HelpName = valueName,
        Description = description,
    };

    private static Option<string[]> List(string name, string valueName, string description) => new(name)
    {
        HelpName = valueName,
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private CaptureWords Words(ParseResult result) => new()
    {
        Modules = result.GetValue(_modules) ?? [],
        Sinks = result.GetValue(_sinks) ?? [],
        Pids = result.GetValue(_pids) ?? [],
        Uids = result.GetValue(_uids) ?? [],
        Cgroups = result.GetValue(_cgroups) ?? [],
        Libraries = result.GetValue(_libraries) ?? [],
        Btf = result.GetValue(_btf),
        BtfFile = result.GetValue(_btfFile),
        MapSize = result.GetValue(_mapSize),
        Transport = result.GetValue(_transport),
        Mode = result.GetValue(_mode),
        PayloadLimit = result.GetValue(_payloadLimit),
        Hex = result.GetValue(_hex),
        Ledger = result.GetValue(_ledger),
        ReadyFile = result.GetValue(_readyFile),
        Duration = result.GetValue(_duration),
        MaxEvents = result.GetValue(_maxEvents),
        DrainTimeout = result.GetValue(_drainTimeout),
        LogLevel = result.GetValue(_logLevel),
        Telemetry = new TelemetryWords { Listen = result.GetValue(_listen), Otlp = result.GetValue(_telemetryOtlp) },
    };
}
