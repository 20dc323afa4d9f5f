// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>Servers that are none, that are not there, or that answer nonsense.</summary>
public sealed class OtlpSinkFaultTests
{
    private static readonly byte[] s_html = [.. "<html>Welcome</html>"u8];

    public static TheoryData<string, string> Nonsense => new()
    {
        { "http", "html" },
        { "http", "protobuf" },
        { "http", "endless" },
        { "grpc", "no-message" },
        { "grpc", "short-message" },
        { "grpc", "two-messages" },
        { "grpc", "not-protobuf" },
        { "grpc", "flag" },
        { "grpc", "endless" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Success_WithAnAnswerThatIsNotOtlp_AcknowledgesNothing(string protocol, string kind)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue(kind switch
        {
            "html" => new Answer { Body = s_html, ContentType = "text/html" },
            "protobuf" => new Answer { Body = [0xff, 0xff, 0xff] },
            "endless" => new Answer { Body = new byte[10_000_000] },
            "no-message" => new Answer { Body = [] },
            "short-message" => new Answer { Body = [0, 0, 0, 0, 9, 1] },
            "two-messages" => new Answer { Body = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
            "flag" => new Answer { Body = [1, 0, 0, 0, 0] },
            _ => new Answer { Body = [0, 0, 0, 0, 2, 0x0a, 0x7f] },
        });
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?linger=1s");

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(rejected: 10);
        Assert.Single(server.Requests);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "10 events were refused"));
    }

    [Fact]
    public async Task Success_OfHttpWithoutABody_IsOne()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        server.Enqueue(new Answer { Body = [], ContentType = "text/plain" });
        await using SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 1);
    }

    [Theory]
    [InlineData("otlp+grpc")]
    [InlineData("otlp+http")]
    public async Task Start_NobodyListens_FailsWithinSecondsAndSaysWhatToDo(string scheme)
    {
        int port = FreePort();
        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"{scheme}://127.0.0.1:{port}?header.authorization=secret"));

        Assert.False(e.IsConfiguration);
        Assert.Contains($"'{scheme}://127.0.0.1:{port}'", e.Message, StringComparison.Ordinal);
        Assert.Contains("Connection refused", e.Message, StringComparison.Ordinal);
        Assert.Contains("start=lazy", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task Start_LazyAndNobodyListens_DeliversWhenTheServerComes(string protocol)
    {
        int port = FreePort();
        await using SinkDriver driver = await SinkDriver.StartAsync($"otlp+{protocol}://127.0.0.1:{port}?start=lazy");
        await driver.WriteNumberedAsync(100);
        await OtlpSinkDeliveryTests.Eventually(() => driver.Log.Count(LogLevel.Warning, "are not taken (Connection refused)") == 1);

        await using OtlpServer server = await OtlpServer.StartAsync(protocol, port: port);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 100);
        Assert.Equal(NumberedEvents.UpTo(100), server.TakenNumbers);
    }

    [Theory]
    [InlineData("grpc", 16, 0, "credentials")]
    [InlineData("grpc", 12, 0, "port and path")]
    [InlineData("http", 0, 401, "credentials")]
    [InlineData("http", 0, 404, "port and path")]
    public async Task Start_ServerRefuses_IsBadConfiguration(string protocol, int grpcStatus, int httpStatus, string remedy)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.ToEmpty = new Answer { GrpcStatus = grpcStatus, HttpStatus = httpStatus == 0 ? 200 : httpStatus, Message = "who are you" };

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync(server.Uri));

        Assert.True(e.IsConfiguration);
        Assert.Contains(remedy, e.Message, StringComparison.Ordinal);
        Assert.Contains("who are you", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ServerIsBusyForAMoment_Waits()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        server.ToEmpty = new Answer { HttpStatus = 503 };
        Task<SinkDriver> starting = SinkDriver.StartAsync(server.Uri);
        await Task.Delay(700, TestContext.Current.CancellationToken);
        Assert.False(starting.IsCompleted);

        server.ToEmpty = new Answer();
        await using SinkDriver driver = await starting;
    }

    [Theory]
    [InlineData("otlp+grpc")]
    [InlineData("otlp+http")]
    public async Task Start_ServerSpeaksAnotherProtocol_Fails(string scheme)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task talking = TalkAsync(listener, "SSH-2.0-OpenSSH_9.2\r\n", readsFirst: false);

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"{scheme}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        Assert.Contains("no server took a request", e.Message, StringComparison.Ordinal);
        listener.Stop();
        await talking;
    }

    [Fact]
    public async Task RequestRefusedBeforeItIsRead_EndsAsRejected()
    {
        // Such as a proxy with a limit: it answers by the headers and closes, with the body still on its way.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        const string Refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        Task talking = TalkAsync(listener, Refusal, readsFirst: true);
        await using SinkDriver driver = await SinkDriver.StartAsync($"otlp+http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}?start=lazy&linger=2s");

        await driver.WriteNumberedAsync(200, payloadBytes: 16_000, perBatch: 10);
        await driver.FlushAsync();

        Assert.Equal(200, driver.Ledger.Rejected);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "413 (lower max-request-bytes"));
        listener.Stop();
        await talking;
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task ServerAwayForAWhile_LosesNothingAndSaysSoOnce(string protocol)
    {
        OtlpServer first = await OtlpServer.StartAsync(protocol);
        await using SinkDriver driver = await SinkDriver.StartAsync(first.Uri);
        await driver.WriteNumberedAsync(500);
        await driver.FlushAsync();
        int port = first.Port;
        await first.DisposeAsync();

        await driver.WriteNumberedAsync(500, first: 500);
        await Task.Delay(2_500, TestContext.Current.CancellationToken);
        await using OtlpServer second = await OtlpServer.StartAsync(protocol, port: port);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 1_000);
        Assert.Equal(NumberedEvents.UpTo(1_000), first.TakenNumbers.Concat(second.TakenNumbers));
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "are not taken"));
        Assert.Equal(1, driver.Log.Count(LogLevel.Information, "taken again"));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task Tls_ServerOfTheNamedAuthority_IsTrusted(string protocol)
    {
        using var certificates = new TestCertificates();
        await using OtlpServer server = await OtlpServer.StartAsync(protocol, certificates.Server);
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?ca={certificates.AuthorityFile}");

        await driver.WriteNumberedAsync(100);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 100);
    }

    [Theory]
    [InlineData("grpc", "tls=true")]
    [InlineData("http", "tls=true")]
    [InlineData("grpc", "ca={0}")]
    [InlineData("http", "ca={0}")]
    public async Task Tls_ServerOfAnotherAuthority_IsBadConfiguration(string protocol, string option)
    {
        using var certificates = new TestCertificates();
        using var others = new TestCertificates();
        await using OtlpServer server = await OtlpServer.StartAsync(protocol, certificates.Server);

        SinkException e = await Assert.ThrowsAsync<SinkException>(
            () => SinkDriver.StartAsync($"{server.Uri}?{string.Format(System.Globalization.CultureInfo.InvariantCulture, option, others.AuthorityFile)}"));

        Assert.True(e.IsConfiguration);
        Assert.Contains("no TLS connection", e.Message, StringComparison.Ordinal);
        Assert.Contains("ca and server-name", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task Tls_ServerOfAnotherName_NeedsServerName(string protocol)
    {
        using var certificates = new TestCertificates("collector.internal");
        await using OtlpServer server = await OtlpServer.StartAsync(protocol, certificates.Server);
        string uri = $"{server.Uri}?ca={certificates.AuthorityFile}";

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync(uri));
        Assert.True(e.IsConfiguration);

        await using SinkDriver driver = await SinkDriver.StartAsync($"{uri}&server-name=collector.internal");
        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();
        driver.AssertCounts(delivered: 1);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task Tls_ServerAsksForACertificate_GetsOurs(string protocol)
    {
        using var certificates = new TestCertificates();
        await using OtlpServer server = await OtlpServer.StartAsync(protocol, certificates.Server, certificates.Authority);
        string uri = $"{server.Uri}?ca={certificates.AuthorityFile}";

        await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync(uri));

        await using SinkDriver driver = await SinkDriver.StartAsync($"{uri}&cert={certificates.ClientFile}&key={certificates.ClientKeyFile}");
        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();
        driver.AssertCounts(delivered: 1);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Says the same to everybody who connects, and hangs up.</summary>
    private static async Task TalkAsync(TcpListener listener, string words, bool readsFirst)
    {
        while (true)
        {
            try
            {
                using Socket client = await listener.AcceptSocketAsync();
                if (readsFirst)
                {
                    await client.ReceiveAsync(new byte[1024]);
                }

                await client.SendAsync(Encoding.ASCII.GetBytes(words));
                client.Shutdown(SocketShutdown.Send);
                await Task.Delay(50);
            }
            catch (SocketException) when (!listener.Server.IsBound || !listener.Server.Connected)
            {
                if (!listener.Server.IsBound)
                {
                    return;
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }
}
