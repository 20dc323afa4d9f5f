// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;
using Sluice.Collector.Telemetry;
using Sluice.Collector.Telemetry.Http;
using Sluice.Collector.Telemetry.Prometheus;
using Xunit;

namespace Sluice.Collector.Tests.Telemetry;

public sealed class StatusPagesTests : IDisposable
{
    private readonly HostHealth _health = new();
    private readonly CollectorMeters _meters = new();
    private readonly MetricCollector _collector;
    private readonly StatusPages _pages;

    public StatusPagesTests()
    {
        _collector = new MetricCollector(_meters, ProcessResource.Attributes);
        _pages = new StatusPages(_collector, _health);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public void Readiness_ThroughARun_SaysWhatIsMissingUntilItIsReady()
    {
        Assert.Equal((503, "not ready: the programs are being loaded\n"), Get("/readyz"));
        _health.Stage = HostStage.StartingSinks;
        Assert.Equal((503, "not ready: the sinks are being started\n"), Get("/readyz"));
        _health.Stage = HostStage.Attaching;
        Assert.Equal((503, "not ready: the probes are being attached\n"), Get("/readyz"));
        _health.Stage = HostStage.Ready;
        Assert.Equal((200, "ready\n"), Get("/readyz"));
        _health.Stage = HostStage.Stopping;
        Assert.Equal((503, "not ready: the capture is stopping\n"), Get("/readyz"));
    }

    [Fact]
    public void Health_ReaderThatEndsInARun_IsIllAndInAStopIsNot()
    {
        bool runs = true;
        Assert.Equal((200, "ok\n"), Get("/healthz"));
        _health.Stage = HostStage.Ready;
        _health.WatchReaders(() => runs);
        Assert.Equal((200, "ok\n"), Get("/healthz"));
        runs = false;
        Assert.Equal((503, "not healthy: a reader of the rings has ended\n"), Get("/healthz"));
        _health.Stage = HostStage.Stopping;
        Assert.Equal((200, "ok\n"), Get("/healthz"));
        _health.ReaderFailed();
        Assert.Equal((503, "not healthy: a reader of the rings has ended\n"), Get("/healthz"));
    }

    [Fact]
    public void Health_SinkThatFailed_IsNamed()
    {
        _health.SinkFailed("jsonl:/tmp/a");

        Assert.Equal((503, "not healthy: sink 'jsonl:/tmp/a' has failed\n"), Get("/healthz"));
    }

    [Fact]
    public void Page_ThatDoesNotExist_NamesThoseThatDo() => Assert.Equal((404, "no such page; there are /metrics, /healthz and /readyz\n"), Get("/metrics/"));

    private (int Code, string Text) Get(string path)
    {
        StatusReply reply = _pages.Get(path);
        return (reply.Code, Encoding.UTF8.GetString(reply.Body.Span));
    }
}
