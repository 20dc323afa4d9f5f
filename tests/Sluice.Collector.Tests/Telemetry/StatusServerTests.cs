// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Collector.Telemetry.Http;
using Xunit;

namespace Sluice.Collector.Tests.Telemetry;

/// <summary>The port of <c>--listen</c>, called by a real client and by bad ones.</summary>
public sealed class StatusServerTests : IAsyncLifetime
{
    private readonly StatusServer _server = StatusServer.Start(
        new IPEndPoint(IPAddress.Loopback, 0),
        static path => path == "/throws" ? throw new InvalidOperationException("broken") : StatusReply.Text(path == "/here" ? 200 : 404, "you asked for " + path),
        NullLogger.Instance);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("/here?x=1", 200, "you asked for /here\n")]
    [InlineData("/there", 404, "you asked for /there\n")]
    [InlineData("/throws", 500, "the answer could not be made; the log of sluice says why\n")]
    public async Task Get_ByAnHttpClient_AnswersAndCloses(string path, int code, string body)
    {
        using var client = new HttpClient();
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri($"http://{_server.EndPoint}{path}"), TestEnd);

            Assert.Equal(code, (int)response.StatusCode);
            Assert.Equal(body, await response.Content.ReadAsStringAsync(TestEnd));
            Assert.True(response.Headers.ConnectionClose);
        }
    }

    [Theory]
    [InlineData("POST /here HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 ")]
    [InlineData("GET /here\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET here HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /here HTTP/2.0\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("\0\u00ff\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /here HTTP/1.0\n\n", "HTTP/1.1 200 ")]
    public async Task Request_OfAnyOtherForm_GetsTheCodeForIt(string request, string answer) =>
        Assert.StartsWith(answer, await ExchangeAsync(Encoding.Latin1.GetBytes(request)), StringComparison.Ordinal);

    [Fact]
    public async Task Head_OfAPage_HasTheLengthButNoBody()
    {
        string answer = await ExchangeAsync("HEAD /here HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());

        Assert.Contains("Content-Length: 20\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithAHeadWithoutEnd_IsRefused() =>
        Assert.StartsWith("HTTP/1.1 431 ", await ExchangeAsync([.. "GET /here HTTP/1.1\r\nX: "u8, .. Enumerable.Repeat((byte)'x', StatusRequest.MaxHeadBytes)]), StringComparison.Ordinal);

    [Fact]
    public async Task Connections_ThatSayNothing_AreClosedAndOthersServed()
    {
        List<TcpClient> silent = [];
        for (int i = 0; i < 20; i++)
        {
            var connection = new TcpClient();
            await connection.ConnectAsync(_server.EndPoint, TestEnd);
            silent.Add(connection);
        }

        // More silent ones than are served at a time: this one waits until their time is over, no longer.
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        Assert.Equal("you asked for /here\n", await client.GetStringAsync(new Uri($"http://{_server.EndPoint}/here"), TestEnd));
        silent.ForEach(static connection => connection.Dispose());
    }

    [Fact]
    public async Task Dispose_WhileAConnectionIsOpen_EndsAtOnceAndFreesThePort()
    {
        using var open = new TcpClient();
        await open.ConnectAsync(_server.EndPoint, TestEnd);

        await _server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(4), TestEnd);

        // As a restart does: the port is there again, although connections of the one before are still remembered.
        await using StatusServer next = StatusServer.Start(_server.EndPoint, static _ => StatusReply.Text(200, "next"), NullLogger.Instance);
        using var client = new HttpClient();
        Assert.Equal("next\n", await client.GetStringAsync(new Uri($"http://{next.EndPoint}/"), TestEnd));
    }

    [Fact]
    public void Start_OnAPortThatIsTaken_Fails()
    {
        SocketException failure = Assert.Throws<SocketException>(() => StatusServer.Start(_server.EndPoint, static _ => StatusReply.Text(200, ""), NullLogger.Instance));

        Assert.Equal(SocketError.AddressAlreadyInUse, failure.SocketErrorCode);
    }

    [Fact]
    public async Task Start_OnEveryAddressOfIPv6_TakesIPv4Too()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "Needs IPv6.");
        await using StatusServer server = StatusServer.Start(new IPEndPoint(IPAddress.IPv6Any, 0), static _ => StatusReply.Text(200, "both"), NullLogger.Instance);
        using var client = new HttpClient();

        Assert.Equal("both\n", await client.GetStringAsync(new Uri($"http://127.0.0.1:{server.EndPoint.Port}/"), TestEnd));
        Assert.Equal("both\n", await client.GetStringAsync(new Uri($"http://[::1]:{server.EndPoint.Port}/"), TestEnd));
    }

    private async Task<string> ExchangeAsync(byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.EndPoint, TestEnd);
        await client.GetStream().WriteAsync(request, TestEnd);
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        return await reader.ReadToEndAsync(TestEnd);
    }
}
