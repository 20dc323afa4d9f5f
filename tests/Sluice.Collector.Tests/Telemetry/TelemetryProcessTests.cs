// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Collector.Tests.Telemetry;

/// <summary>The program refuses what it cannot listen on before it does anything else, so these need no privilege.</summary>
public sealed class TelemetryProcessTests
{
    [Fact]
    public async Task Listen_OnAPortThatIsTaken_SaysSoAndEndsWith2()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");

        await AssertRefusedAsync(address, "another program listens on this port already");
    }

    [Fact]
    public Task Listen_OnAnAddressOfAnotherHost_SaysSoAndEndsWith2() => AssertRefusedAsync("192.0.2.1:9464", "this host has no such address");

    [Fact]
    public async Task TelemetryOtlp_FromAnEnvironmentThatSaysNothing_EndsWith2()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is null, "This environment says something.");

        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "null:", "--telemetry-otlp", "env");

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith("sluice: --telemetry-otlp env: the environment has no OTEL_EXPORTER_OTLP_ENDPOINT", outcome.Error, StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(string address, string says)
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "null:", "--listen", address);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.StartsWith($"sluice: --listen '{address}': {says}", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }
}
