// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>A real OpenTelemetry Collector that takes the program's own metrics and logs, and what it has written of them.</summary>
internal sealed class TelemetryReceiver : IDisposable
{
    private readonly string _script;
    private readonly string _folder;
    private readonly int _port = Random.Shared.Next(30_000, 32_000);

    private TelemetryReceiver(string script, string folder)
    {
        _script = script;
        _folder = folder;
    }

    public string GrpcUrl => string.Create(CultureInfo.InvariantCulture, $"otlp+grpc://127.0.0.1:{_port}");

    public string HttpUrl => string.Create(CultureInfo.InvariantCulture, $"otlp+http://127.0.0.1:{_port + 1}");

    /// <summary>Skips the test when there is no Collector here.</summary>
    public static TelemetryReceiver Start(Workspace workspace)
    {
        string services = Environment.GetEnvironmentVariable("SLUICE_SERVICES") ?? RepositoryFile.PathOf("../shared/services");
        string script = Path.Combine(services, "otelcol", "otelcol");
        Assert.SkipUnless(File.Exists(script), "No OpenTelemetry Collector: set SLUICE_SERVICES to the folder that has otelcol/otelcol.");
        var receiver = new TelemetryReceiver(script, workspace.PathOf("otelcol"));
        receiver.Run("start", "--port", receiver._port.ToString(CultureInfo.InvariantCulture));
        return receiver;
    }

    /// <summary>The last value of each series of a sum, by name and attribute values, such as <c>sluice.sink.delivered/null:</c>.</summary>
    public IReadOnlyDictionary<string, long> LastSums()
    {
        var last = new Dictionary<string, long>();
        foreach (JsonElement metric in Items("metrics.jsonl", "resourceMetrics", "scopeMetrics", "metrics"))
        {
            if (!metric.TryGetProperty("sum", out JsonElement sum))
            {
                continue;
            }

            foreach (JsonElement point in sum.GetProperty("dataPoints").EnumerateArray().Where(static point => point.TryGetProperty("asInt", out _)))
            {
                IEnumerable<string> values = point.TryGetProperty("attributes", out JsonElement attributes)
                    ? attributes.EnumerateArray().Select(static attribute => attribute.GetProperty("value").EnumerateObject().First().Value.ToString())
                    : [];
                last[string.Join('/', values.Prepend(metric.GetProperty("name").GetString()!))] = long.Parse(point.GetProperty("asInt").GetString()!, CultureInfo.InvariantCulture);
            }
        }

        return last;
    }

    /// <summary>Names of the histograms that came.</summary>
    public IReadOnlySet<string> Histograms() => Items("metrics.jsonl", "resourceMetrics", "scopeMetrics", "metrics")
        .Where(static metric => metric.TryGetProperty("histogram", out _)).Select(static metric => metric.GetProperty("name").GetString()!).ToHashSet();

    /// <summary>The text of every log record.</summary>
    public IReadOnlyList<string> LogLines() =>
        [.. Items("logs.jsonl", "resourceLogs", "scopeLogs", "logRecords").Select(static record => record.GetProperty("body").GetProperty("stringValue").GetString()!)];

    /// <summary>The resource of the first metrics, by attribute.</summary>
    public IReadOnlyDictionary<string, string> Resource() => File.ReadLines(Path.Combine(_folder, "metrics.jsonl"))
        .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("resourceMetrics")[0].GetProperty("resource").GetProperty("attributes")).First()
        .EnumerateArray().ToDictionary(static attribute => attribute.GetProperty("key").GetString()!, static attribute => attribute.GetProperty("value").EnumerateObject().First().Value.ToString());

    /// <summary>An orderly stop: what was received is in the files then.</summary>
    public void Stop() => Run("stop");

    public void Dispose() => Run("kill");

    private void Run(string command, params string[] options) => Command.Run(_script, [command, "--dir", _folder, .. options]);

    private IEnumerable<JsonElement> Items(string file, string resources, string scopes, string items)
    {
        string path = Path.Combine(_folder, file);
        return (File.Exists(path) ? File.ReadLines(path) : [])
            .SelectMany(line => JsonDocument.Parse(line).RootElement.GetProperty(resources).EnumerateArray())
            .SelectMany(resource => resource.GetProperty(scopes).EnumerateArray())
            .SelectMany(scope => scope.GetProperty(items).EnumerateArray());
    }
}
