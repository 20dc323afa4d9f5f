// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Collector.Telemetry.Prometheus;

namespace Sluice.Collector.Telemetry.Http;

/// <summary>The pages of <c>--listen</c>. Thread-safe.</summary>
internal sealed class StatusPages
{
    private readonly MetricCollector _metrics;
    private readonly HostHealth _health;

    public StatusPages(MetricCollector metrics, HostHealth health)
    {
        _metrics = metrics;
        _health = health;
    }

    public StatusReply Get(string path) => path switch
    {
        "/metrics" => new StatusReply(200, PrometheusText.ContentType, _metrics.Collect()),
        "/healthz" => Health(),
        "/readyz" => Readiness(),
        "/" => StatusReply.Text(200, "sluice: /metrics /healthz /readyz"),
        _ => StatusReply.Text(404, "no such page; there are /metrics, /healthz and /readyz"),
    };

    private StatusReply Health()
    {
        IReadOnlyList<string> ailments = _health.Ailments();
        return ailments.Count == 0 ? StatusReply.Text(200, "ok") : StatusReply.Text(503, "not healthy: " + string.Join("; ", ailments));
    }

    private StatusReply Readiness() =>
        _health.Unreadiness() is { } reason ? StatusReply.Text(503, "not ready: " + reason) : StatusReply.Text(200, "ready");
}
