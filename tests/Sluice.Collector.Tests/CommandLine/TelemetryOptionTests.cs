// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Telemetry;
using Xunit;

namespace Sluice.Collector.Tests.CommandLine;

public sealed class TelemetryOptionTests
{
    [Theory]
    [InlineData("127.0.0.1:9464", "127.0.0.1", 9464)]
    [InlineData("localhost:1", "127.0.0.1", 1)]
    [InlineData("0.0.0.0:0", "0.0.0.0", 0)]
    [InlineData("[::1]:65535", "::1", 65535)]
    public void Listen_WithAnAddressAndAPort_IsThatEndPoint(string text, string address, int port) =>
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), SluiceCommandLine.ParseCapture("tls", "--listen", text).Telemetry.Listen);

    [Theory]
    [InlineData("9464")]
    [InlineData(":9464")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:http")]
    [InlineData("::1:9464")]
    [InlineData("[127.0.0.1]:9464")]
    [InlineData("example.com:9464")]
    public void Listen_ThatIsNoAddressAndPort_IsRefused(string text)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--listen", text));

        Assert.StartsWith($"--listen '{text}': ADDRESS:PORT is wanted", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("otlp+grpc://host:4317", "http://host:4317/", true)]
    [InlineData("otlp+http://host:4318", "http://host:4318/", false)]
    [InlineData("https://host/otlp", "https://host/otlp", false)]
    [InlineData("otlp+grpc://host:4317?tls=true", "https://host:4317/", true)]
    [InlineData("otlp+http://host:4318/a?tls=true", "https://host:4318/a", false)]
    public void TelemetryOtlp_WithAUrl_IsThatTarget(string text, string endpoint, bool isGrpc) =>
        Assert.Equal(new OtlpTarget(new Uri(endpoint), isGrpc), SluiceCommandLine.ParseCapture("tls", "--telemetry-otlp", text).Telemetry.Otlp);

    [Theory]
    [InlineData("host:4317")]
    [InlineData("ftp://host")]
    [InlineData("otlp+grpc://")]
    [InlineData("otlp+grpc://host:4317/path")]
    [InlineData("http://user:secret@host")]
    [InlineData("http://host?x=1")]
    [InlineData("otlp+grpc://host?tls=false")]
    public void TelemetryOtlp_ThatIsNoUrl_IsRefused(string text)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--telemetry-otlp", text));

        Assert.StartsWith($"--telemetry-otlp '{text}': otlp+grpc://HOST:4317", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Telemetry_NotAskedFor_IsNone() => Assert.False(SluiceCommandLine.ParseCapture("tls").Telemetry.IsAsked);
}
