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
        Description = "What to capture. In this version: tls (plaintext of every process that uses OpenSSL), connections (TCP connections and UDP flows of every process).",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly RunOptions _run = new();
    private readonly Option<string[]> _pids = RunOptions.List("--pid", "PID", "Only this process (id as the host sees it). Repeatable, or a comma-separated list.");
    private readonly Option<string[]> _uids = RunOptions.List("--uid", "USER", "Only processes of this user, by number or name. Repeatable, or a comma-separated list.");
    private readonly Option<string[]> _cgroups = RunOptions.List("--cgroup", "PATH", "Only processes in this cgroup (v2) and below. Repeatable.");
    private readonly Option<string[]> _libraries = RunOptions.List("--lib", "PATH", "Tap this library or executable instead of those that are found. Repeatable.");

    private readonly Option<string?> _btf = RunOptions.One("--btf", "auto|core|noncore", "Bytecode flavour. Default: auto");
    private readonly Option<string?> _btfFile = RunOptions.One("--btf-file", "PATH", "BTF of the running kernel, where /sys/kernel/btf/vmlinux does not exist.");
    private readonly Option<string?> _mapSize = RunOptions.One("--mapsize", "PAGES", "Buffer between kernel and collector, in pages per CPU; a power of two. Default: 1024, rings at least 16 MiB in all");
    private readonly Option<string?> _transport = RunOptions.One("--transport", "ringbuf|perf", "How events leave the kernel. Default: ringbuf where the kernel has it (5.8), else perf");
    private readonly Option<string?> _mode = RunOptions.One("--mode", "text", "What the tls module captures. In this version: text (the plaintext)");
    private readonly Option<string?> _payloadLimit = RunOptions.One("--payload-limit", "BYTES", "Capture at most so many bytes of each call, such as 4KiB; 0 = all of them. Default: 0");
    private readonly Option<string?> _udpIdle = RunOptions.One("--udp-idle", "TIME", "A UDP flow has ended when no datagram has passed for so long. Default: 60s");
    private readonly Option<string?> _readyFile = RunOptions.One("--ready-file", "FILE", "Exists while every probe is attached.");
    private readonly Option<string?> _duration = RunOptions.One("--duration", "TIME", "Stop after this time, such as 500ms, 10s, 5m or 2h.");

    private readonly Option<string?> _listen = RunOptions.One("--listen", "ADDRESS:PORT", "Serve /metrics (Prometheus), /healthz and /readyz there, such as on 127.0.0.1:9464. Default: nowhere");
    private readonly Option<string?> _telemetryOtlp = RunOptions.One("--telemetry-otlp", "URL",
        "Send own metrics and logs there over OTLP: otlp+grpc://HOST:4317, otlp+http://HOST:4318, http(s)://…, or env (as OTEL_EXPORTER_OTLP_ENDPOINT says). Default: nowhere");

    /// <param name="run">Does it, once the words have been checked; its result is the exit code.</param>
    public CaptureCommand(Func<CaptureSettings, Task<ExitCode>> run)
        : base("capture", "Captures events and streams them to sinks until Ctrl-C.")
    {
        Add(_modules);
        foreach (Option option in (Option[])
        [
            _run.Sinks, _pids, _uids, _cgroups, _libraries, _transport, _mapSize, _payloadLimit, _btf, _btfFile, _mode, _udpIdle, _run.Hex,
            _run.Ledger, _readyFile, _duration, _listen, _telemetryOtlp, .. _run.Limits,
        ])
        {
            Add(option);
        }

        SetAction(async (result, _) => (int)await run(CaptureSettingsReader.Read(_run.Fill(Words(result), result))));
    }

    private CaptureWords Words(ParseResult result) => new()
    {
        Modules = result.GetValue(_modules) ?? [],
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
        UdpIdle = result.GetValue(_udpIdle),
        ReadyFile = result.GetValue(_readyFile),
        Duration = result.GetValue(_duration),
        Telemetry = new TelemetryWords { Listen = result.GetValue(_listen), Otlp = result.GetValue(_telemetryOtlp) },
    };
}
