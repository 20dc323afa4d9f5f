// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Collector.Telemetry;

/// <summary>What describes this process in its own telemetry: the attributes of OpenTelemetry's resource, and of Prometheus' <c>target_info</c>.</summary>
internal static class ProcessResource
{
    /// <summary>The value of <c>service.name</c>; OTEL_SERVICE_NAME may give another one to OTLP.</summary>
    public const string ServiceName = "sluice";

    /// <summary>The same list for everybody in this process: its instance id is drawn once.</summary>
    public static IReadOnlyList<KeyValuePair<string, object?>> Attributes { get; } =
    [
        new("service.name", ServiceName),
        new("service.version", ProductVersion.Text),
        new("service.instance.id", Guid.NewGuid().ToString()),
        new("host.name", Environment.MachineName),
        new("os.type", "linux"),
        new("process.pid", (long)Environment.ProcessId),
    ];
}
