// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>The tables of the OTLP specification, row by row.</summary>
public sealed class OtlpSinkRetryTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    [InlineData(7, false)]
    [InlineData(8, false)]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(11, true)]
    [InlineData(12, false)]
    [InlineData(13, false)]
    [InlineData(14, true)]
    [InlineData(15, true)]
    [InlineData(16, false)]
    [InlineData(17, false)]
    [InlineData(99999, false)]
    public Task GrpcStatus_OneTime_IsTriedAgainOrFinal(int status, bool isRetryable) =>
        AssertOneFailureAsync("grpc", new Answer { GrpcStatus = status, Message = "be%gone\n" }, isRetryable, "be%gone");

    [Theory]
    [InlineData(301, false)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(408, false)]
    [InlineData(413, false)]
    [InlineData(415, false)]
    [InlineData(429, true)]
    [InlineData(500, false)]
    [InlineData(501, false)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(505, false)]
    public Task HttpStatus_OneTime_IsTriedAgainOrFinal(int status, bool isRetryable) =>
        AssertOneFailureAsync("http", new Answer { HttpStatus = status, Message = "begone" }, isRetryable, $"HTTP status {status}: begone");

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(429, true)]
    [InlineData(500, false)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(200, false)]
    public Task GrpcAnsweredWithoutStatus_IsJudgedByItsHttpStatus(int httpStatus, bool isRetryable) =>
        AssertOneFailureAsync("grpc", new Answer { HttpStatus = httpStatus, HidesStatus = true, ContentType = "text/html" }, isRetryable, $"HTTP status {httpStatus}");

    [Fact]
    public async Task ResourceExhausted_WithRetryInfo_IsTriedAgainAfterThatTime()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("grpc");
        server.Enqueue(new Answer { GrpcStatus = 8, RetryInfo = TimeSpan.FromMilliseconds(1_500) });

        await AssertDelayAsync(server, atLeastMs: 1_500);
    }

    [Fact]
    public async Task Unavailable_WithRetryInfo_WaitsThatLong()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("grpc");
        server.Enqueue(new Answer { GrpcStatus = 14, RetryInfo = TimeSpan.FromSeconds(1) });

        await AssertDelayAsync(server, atLeastMs: 1_000);
    }

    [Fact]
    public async Task Status503_WithRetryAfterInSeconds_WaitsThatLong()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        server.Enqueue(new Answer { HttpStatus = 503, RetryAfter = "2" });

        await AssertDelayAsync(server, atLeastMs: 2_000);
    }

    [Fact]
    public async Task Status429_WithRetryAfterAsDate_WaitsUntilThen()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");

        // A date has whole seconds: of three at least two are left.
        server.Enqueue(new Answer { HttpStatus = 429, RetryAfter = DateTime.UtcNow.AddSeconds(3).ToString("R", CultureInfo.InvariantCulture) });

        await AssertDelayAsync(server, atLeastMs: 1_500);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task Failures_ManyInARow_AreSentAgainWithTheSameBytesAndGrowingPauses(string protocol)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue([.. Enumerable.Repeat(protocol == "grpc" ? new Answer { GrpcStatus = 14 } : new Answer { HttpStatus = 502 }, 4)]);
        await using SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 10);
        Assert.Equal(5, server.Requests.Count);
        Assert.Single(server.Requests.Select(request => request.Message).Distinct());

        // 250, 500, 1000, 2000 ms, each cut by up to a half.
        double total = (server.Requests[^1].At - server.Requests[0].At).TotalMilliseconds;
        Assert.InRange(total, 1_870, 15_000);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "are not taken"));
        Assert.Equal(1, driver.Log.Count(LogLevel.Information, "taken again"));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task ConnectionCutAfterTheServerTookTheRequest_SendsItAgainWithEqualUids(string protocol)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue(new Answer { Aborts = true });
        await using SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        await driver.WriteNumberedAsync(50);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 50);
        Assert.Equal(NumberedEvents.UpTo(50), server.TakenNumbers.Distinct());
        Assert.Equal(server.Requests[0].Message, server.Requests[1].Message);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public async Task ServerSlowerThanTheTimeout_IsAskedAgain(string protocol)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue(new Answer { Delay = TimeSpan.FromSeconds(20) });
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?timeout=400ms");

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 10);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "0.4 s"));
    }

    [Theory]
    [InlineData("grpc", 3, 7, 3)]
    [InlineData("http", 3, 7, 3)]
    [InlineData("grpc", 10, 0, 10)]
    [InlineData("http", 11, 0, 10)]
    [InlineData("grpc", -4, 10, 0)]
    public async Task PartialSuccess_IsCountedAndNotTriedAgain(string protocol, long says, long delivered, long rejected)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue(new Answer { Rejected = says, Message = "too old" });
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?linger=1s");

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered, rejected);
        Assert.Single(server.Requests);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "too old"));
    }

    [Fact]
    public async Task Refusals_ManyInARow_AreLoggedAtABoundedRateAndAllCounted()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        server.Otherwise = () => new Answer { HttpStatus = 400, Message = "no" };
        SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        for (ulong number = 0; number < 30; number++)
        {
            await driver.WriteNumberedAsync(1, first: number);
            await driver.FlushAsync();
        }

        await driver.DisposeAsync();
        driver.AssertCounts(rejected: 30);
        Assert.Equal(30, server.Requests.Count);
        Assert.InRange(driver.Log.Count(LogLevel.Warning, "refused for good"), 1, 3);
    }

    private static async Task AssertOneFailureAsync(string protocol, Answer failure, bool isRetryable, string reason)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        server.Enqueue(failure);
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?linger=1s");

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: isRetryable ? 10 : 0, rejected: isRetryable ? 0 : 10);
        Assert.Equal(isRetryable ? 2 : 1, server.Requests.Count);
        Assert.True(driver.Log.Count(LogLevel.Warning, reason) == 1, driver.Log.All);
        Assert.Equal(isRetryable ? 1 : 0, driver.Log.Count(LogLevel.Information, "taken again"));
    }

    private static async Task AssertDelayAsync(OtlpServer server, int atLeastMs)
    {
        await using SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        await driver.WriteNumberedAsync(10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 10);
        Assert.Equal(2, server.Requests.Count);
        Assert.InRange((server.Requests[1].At - server.Requests[0].At).TotalMilliseconds, atLeastMs - 20, atLeastMs + 5_000);
    }
}
