// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.TestSupport;

/// <summary>
/// An OpenTelemetry Collector of our own, started by the script <c>otelcol/otelcol</c> of the services folder: <c>SLUICE_SERVICES</c>, else
/// <c>../shared/services</c> beside the repository. Whatever it receives it writes to a file, which is read back here.
/// </summary>
public sealed class RealCollector : IDisposable
{
    /// <summary>The script puts further listeners at the ports behind.</summary>
    private const int Ports = 4;

    private readonly string _script;
    private readonly string _folder = Directory.CreateTempSubdirectory("sluice-otelcol-").FullName;
    private readonly int _port;
    private string[] _startOptions;

    private RealCollector(string script, string[] startOptions)
    {
        _script = script;
        _startOptions = startOptions;
        _port = FindPort();
    }

    public string GrpcAddress => $"127.0.0.1:{_port}";

    public string HttpAddress => $"127.0.0.1:{_port + 1}";

    private string LogsFile => Path.Combine(_folder, "logs.jsonl");

    /// <summary>A running Collector; skips the test when there is none.</summary>
    /// <param name="startOptions">More options of the script's <c>start</c>, such as <c>--kafka</c>.</param>
    public static Task<RealCollector> StartNewAsync(params string[] startOptions) => StartNewAsync(isDurable: false, startOptions);

    /// <summary>As <see cref="StartNewAsync(string[])"/>, but what it has acknowledged is in its file although it is killed: it writes without a buffer.</summary>
    public static Task<RealCollector> StartDurableAsync() => StartNewAsync(isDurable: true, []);

    /// <summary>Starts it, or starts it again with the same data.</summary>
    public Task StartAsync() => RunAsync(["start", "--port", $"{_port}", .. _startOptions]);

    /// <summary>An orderly stop.</summary>
    public Task StopAsync() => RunAsync(["stop"]);

    public Task KillAsync() => RunAsync(["kill"]);

    /// <summary>Lets it hang: connections stand, nothing answers.</summary>
    public Task PauseAsync() => RunAsync(["pause"]);

    public Task ResumeAsync() => RunAsync(["resume"]);

    /// <summary>The <c>log.record.uid</c> of every record that it has written out, in the order in which it did. Stop it before, or wait for its buffer.</summary>
    public IReadOnlyList<string> ReadUids()
    {
        var uids = new List<string>();
        foreach (string line in File.Exists(LogsFile) ? File.ReadLines(LogsFile) : [])
        {
            using JsonDocument request = JsonDocument.Parse(line);
            uids.AddRange(Records(request.RootElement).Select(Uid));
        }

        return uids;
    }

    public void Dispose()
    {
        RunAsync(["kill"]).GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<RealCollector> StartNewAsync(bool isDurable, string[] startOptions)
    {
        string services = Environment.GetEnvironmentVariable("SLUICE_SERVICES") ?? RepositoryFile.PathOf("../shared/services");
        string script = Path.Combine(services, "otelcol", "otelcol");
        Assert.SkipUnless(File.Exists(script), "No OpenTelemetry Collector: set SLUICE_SERVICES to the folder that has otelcol/otelcol.");
        var collector = new RealCollector(script, startOptions);
        try
        {
            if (isDurable)
            {
                collector.WriteDurableConfiguration();
            }

            await collector.StartAsync();
        }
        catch
        {
            collector.Dispose();
            throw;
        }

        return collector;
    }

    private static IEnumerable<JsonElement> Records(JsonElement request) =>
        from resource in request.GetProperty("resourceLogs").EnumerateArray()
        from scope in resource.GetProperty("scopeLogs").EnumerateArray()
        from record in scope.GetProperty("logRecords").EnumerateArray()
        select record;

    private static string Uid(JsonElement record) =>
        record.GetProperty("attributes").EnumerateArray().First(attribute => attribute.GetProperty("key").GetString() == "log.record.uid")
            .GetProperty("value").GetProperty("stringValue").GetString()!;

    private static int FindPort()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = Random.Shared.Next(20_000, 30_000);
            if (Enumerable.Range(port, Ports).All(IsFree))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No four free ports in a row.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>A file that rotates is the one that the Collector's exporter writes without a buffer of its own.</summary>
    private void WriteDurableConfiguration()
    {
        string path = Path.Combine(_folder, "durable.yaml");
        File.WriteAllText(path, $$"""
            receivers:
              otlp:
                protocols:
                  grpc: { endpoint: "{{GrpcAddress}}" }
                  http: { endpoint: "{{HttpAddress}}" }
            exporters:
              file/logs: { path: "{{LogsFile}}", rotation: { max_megabytes: 100000 } }
            service:
              telemetry: { logs: { level: warn }, metrics: { level: none } }
              pipelines:
                logs: { receivers: [otlp], exporters: [file/logs] }
            """);
        _startOptions = ["--config", path];
    }

    private async Task RunAsync(string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(_script, [.. arguments, "--dir", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        // Reading both pipes keeps a talkative script from blocking.
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"otelcol {arguments[0]}: {await output}{await error}");
        }
    }
}
