// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using Sluice.Integration.Tests.Support;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>What a running capture tells of itself, asked as Prometheus, a kubelet and an OpenTelemetry Collector would.</summary>
public sealed class TelemetryTests
{
    private static readonly string[] s_equationTerms = ["sluice_sink_delivered_total/all", "sluice_sink_rejected_total/all", "sluice_sink_pending/all"];

    [Fact]
    public async Task Listen_FromStartToStop_TurnsReadyAndServesWhileItRuns()
    {
        Requires.Bpf();
        string curl = Requires.Program("curl");
        using var workspace = new Workspace();
        string address = $"127.0.0.1:{Workspace.FreePort()}";
        string ready = workspace.PathOf("ready");
        using Command capture = Command.Start(Repository.Sluice, "capture", "tls", "--sink", "null:", "--listen", address, "--ready-file", ready);

        IReadOnlyList<string> answers = await AnswersUntilReadyAsync(address, capture);
        Command.WaitUntil(() => File.Exists(ready), "The ready file");

        Assert.Contains("not ready: the programs are being loaded", answers);
        Assert.Equal("ready", answers[^1]);
        Assert.Equal("ok", Command.Run(curl, "-sS", "--fail", $"http://{address}/healthz").Trim());
        Assert.Contains("sluice_ledger_submitted_total{", Command.Run(curl, "-sS", "--fail", $"http://{address}/metrics"), StringComparison.Ordinal);
        Assert.Equal("404", Command.Run(curl, "-sS", "-o", "/dev/null", "-w", "%{http_code}", $"http://{address}/nothing"));
        capture.Signal("TERM");
        Assert.Equal(0, capture.Wait().ExitCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(address, "/healthz"));
    }

    [Fact]
    public async Task Metrics_UnderTlsLoad_AddUpAlwaysAndAreTheLedgerWhenItRests()
    {
        Requires.Bpf();
        PrometheusReader.Require();
        using var workspace = new Workspace();
        string address = $"127.0.0.1:{Workspace.FreePort()}", go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "5000", "--delay-us", "200", "--wait-file", go);
        using Capture capture = Capture.Start(workspace, "--sink", "null:?name=all", "--listen", address, "--pid", $"{load.Pid}");
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        Task<TlsLoadResult> finished = Task.Run(load.Finish, TestContext.Current.CancellationToken);
        int scrapes = 0;
        while (!finished.IsCompleted || scrapes < 3)
        {
            AssertAddsUp(PrometheusReader.Read(await GetAsync(address, "/metrics")));
            scrapes++;
        }

        await finished;
        Command.WaitUntil(() => capture.CurrentLedger().Read >= 20_000, "All records in the ledger");
        IReadOnlyDictionary<string, double> metrics = PrometheusReader.Read(await GetAsync(address, "/metrics"));
        Ledger ledger = capture.Stop();

        Assert.Equal(ledger.Submitted, metrics["sluice_ledger_submitted_total"]);
        Assert.Equal(ledger.Read, metrics["sluice_ledger_read_total"]);
        Assert.Equal(ledger.Sink("all", "delivered"), metrics["sluice_sink_delivered_total/all"]);
        Assert.Equal(ledger.KernelLostBy("ring_full"), metrics["sluice_ledger_kernel_lost_total/ring_full"]);
        Assert.Equal(metrics["sluice_pipeline_batch_size_count"], metrics["sluice_pipeline_latency_seconds_count/all"]);
        Assert.Equal(ledger.Read, metrics["sluice_pipeline_batch_size_sum"]);
        Assert.True(metrics["sluice_ring_size_bytes/tls/0"] >= 1024 * 1024);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TelemetryOtlp_ToARealCollector_BringsTheFinalLedgerAndTheLog(bool isHttp)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using TelemetryReceiver receiver = TelemetryReceiver.Start(workspace);
        string url = isHttp ? receiver.HttpUrl : receiver.GrpcUrl;
        using Capture capture = Capture.Start(workspace, "--sink", "null:?name=all", "--telemetry-otlp", url);
        TlsLoad.Run(workspace, "exchange", "--records", "50");
        Ledger ledger = capture.Stop();
        receiver.Stop();

        IReadOnlyDictionary<string, long> sums = receiver.LastSums();
        Assert.True(ledger.Read >= 200);
        Assert.Equal(ledger.Submitted, sums["sluice.ledger.submitted"]);
        Assert.Equal(ledger.Read, sums["sluice.ledger.read"]);
        Assert.Equal(ledger.Sink("all", "delivered"), sums["sluice.sink.delivered/all"]);
        Assert.Equal(0, sums["sluice.sink.pending/all"]);
        Assert.Superset(new HashSet<string> { "sluice.pipeline.latency", "sluice.pipeline.batch.size", "sluice.pipeline.batch.bytes" }, receiver.Histograms().ToHashSet());
        Assert.Contains(sums.Keys, static name => name.StartsWith("dotnet.", StringComparison.Ordinal));
        Assert.Contains(receiver.LogLines(), static line => line.StartsWith("Stopping: SIGINT", StringComparison.Ordinal));
        Assert.Equal("sluice", receiver.Resource()["service.name"]);
        Assert.Equal($"{capture.Pid}", receiver.Resource()["process.pid"]);
    }

    [Fact]
    public void TelemetryOtlp_WithNobodyThere_WarnsAndDisturbsNothing()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace, "--sink", "null:?name=all", "--telemetry-otlp", $"otlp+http://127.0.0.1:{Workspace.FreePort()}");
        TlsLoad.Run(workspace, "exchange", "--records", "50");
        capture.Process.Signal("INT");
        (int code, _, string error) = capture.Process.Wait(60_000);

        Assert.Equal(0, code);
        Assert.Contains("Own metrics and logs do not reach http://127.0.0.1:", error, StringComparison.Ordinal);
        Assert.True(capture.CurrentLedger().Sink("all", "delivered") >= 200);
    }

    [Fact]
    public void Capture_WithoutTelemetry_HasNothingOfItInItsMemory()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace, "--sink", "null:");
        string maps = File.ReadAllText($"/proc/{capture.Pid}/maps");
        capture.Stop();

        Assert.Contains("Sluice.Pipeline.dll", maps, StringComparison.Ordinal);
        Assert.All(
            new[] { "OpenTelemetry", "Microsoft.Extensions.Logging.dll", "System.Diagnostics.DiagnosticSource.dll", "System.Net." },
            part => Assert.DoesNotContain(part, maps, StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<string>> AnswersUntilReadyAsync(string address, Command capture)
    {
        var answers = new List<string>();
        for (long end = Environment.TickCount64 + 30_000; Environment.TickCount64 < end && !capture.HasExited; await Task.Delay(5))
        {
            try
            {
                answers.Add((await GetAsync(address, "/readyz")).Trim());
            }
            catch (HttpRequestException)
            {
                continue; // it is not listening yet
            }

            if (answers[^1] == "ready")
            {
                return answers;
            }
        }

        throw new TimeoutException($"Not ready: {string.Join(", ", answers)} {(capture.HasExited ? capture.Wait().Error : "")}");
    }

    /// <summary>The body, whatever the code is.</summary>
    private static async Task<string> GetAsync(string address, string path)
    {
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri($"http://{address}{path}"), TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static void AssertAddsUp(IReadOnlyDictionary<string, double> metrics)
    {
        double lost = metrics.Where(static one => one.Key.StartsWith("sluice_ledger_kernel_lost_total/", StringComparison.Ordinal)).Sum(static one => one.Value);
        double dropped = metrics.Where(static one => one.Key.StartsWith("sluice_sink_dropped_total/all/", StringComparison.Ordinal)).Sum(static one => one.Value);
        Assert.Equal(metrics["sluice_ledger_submitted_total"], metrics["sluice_ledger_read_total"] + lost + metrics["sluice_ledger_in_flight"]);
        Assert.Equal(metrics["sluice_ledger_read_total"], metrics["sluice_ledger_filtered_total"] + dropped + s_equationTerms.Sum(term => metrics[term]));
    }
}
