// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport.Otlp;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

public sealed class OtlpSinkDeliveryTests
{
    [Theory]
    [InlineData("grpc", "none")]
    [InlineData("grpc", "gzip")]
    [InlineData("http", "none")]
    [InlineData("http", "gzip")]
    public async Task Sink_ManyEvents_ArriveInOrderAndCountAsDelivered(string protocol, string compression)
    {
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?compression={compression}");

        await driver.WriteNumberedAsync(20_000);
        await driver.FlushAsync();

        Assert.Equal(NumberedEvents.UpTo(20_000), server.TakenNumbers);
        driver.AssertCounts(delivered: 20_000);
    }

    [Fact]
    public async Task Sink_Http_SendsWhatTheSpecificationAsksFor()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?header.x-tenant=a%20b&compression=gzip");

        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();

        SeenRequest request = Assert.Single(server.Requests);
        Assert.Equal("/v1/logs", request.Headers[":path"]);
        Assert.Equal("HTTP/1.1", request.Headers[":protocol"]);
        Assert.Equal("application/x-protobuf", request.Headers["content-type"]);
        Assert.Equal("gzip", request.Headers["content-encoding"]);
        Assert.Equal("a b", request.Headers["x-tenant"]);
        Assert.StartsWith("sluice/", request.Headers["user-agent"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sink_HttpWithPath_PostsThere()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}/tenant/otlp");

        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();

        Assert.Equal("/tenant/otlp", Assert.Single(server.Requests).Headers[":path"]);
    }

    [Fact]
    public async Task Sink_Grpc_SendsWhatItsProtocolAsksFor()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("grpc");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?header.x-tenant=a&timeout=7s");

        await driver.WriteNumberedAsync(1);
        await driver.FlushAsync();

        SeenRequest request = Assert.Single(server.Requests);
        Assert.Equal("/opentelemetry.proto.collector.logs.v1.LogsService/Export", request.Headers[":path"]);
        Assert.Equal("HTTP/2", request.Headers[":protocol"]);
        Assert.Equal("application/grpc+proto", request.Headers["content-type"]);
        Assert.Equal("trailers", request.Headers["te"]);
        Assert.Equal("7000m", request.Headers["grpc-timeout"]);
        Assert.Equal("a", request.Headers["x-tenant"]);
    }

    [Theory]
    [InlineData("grpc", "none")]
    [InlineData("http", "gzip")]
    public async Task Sink_SmallRequestLimit_SplitsBeforeSending(string protocol, string compression)
    {
        const int Limit = 20_000;
        await using OtlpServer server = await OtlpServer.StartAsync(protocol);
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?max-request-bytes={Limit}&compression={compression}");

        await driver.WriteNumberedAsync(2_000, payloadBytes: 300);
        await driver.FlushAsync();

        Assert.Equal(NumberedEvents.UpTo(2_000), server.TakenNumbers);
        Assert.All(server.Requests, request => Assert.InRange(request.Bytes, 1, Limit));
        Assert.True(server.Requests.Count(request => request.Bytes > Limit * 9 / 10) > server.Requests.Count / 2, "Requests are split much too small.");
        driver.AssertCounts(delivered: 2_000);
    }

    [Fact]
    public async Task Sink_RequestLimit_IsExact()
    {
        // One event in a request of its own tells how long that is; with this limit it passes, with one byte less it does not.
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        byte[] sample = NumberedEvents.Sample(1, payloadBytes: 6_000);
        await using (SinkDriver driver = await SinkDriver.StartAsync(server.Uri))
        {
            await driver.WriteAsync(sample);
            await driver.FlushAsync();
        }

        int bytes = Assert.Single(server.Requests).Bytes;
        await using (SinkDriver exact = await SinkDriver.StartAsync($"{server.Uri}?max-request-bytes={bytes}"))
        {
            await exact.WriteAsync(sample, sample);
            await exact.FlushAsync();
            exact.AssertCounts(delivered: 2);
        }

        Assert.Equal([bytes, bytes, bytes], server.Requests.Select(request => request.Bytes));
        await using SinkDriver less = await SinkDriver.StartAsync($"{server.Uri}?max-request-bytes={bytes - 1}");
        await less.WriteAsync(sample, NumberedEvents.Sample(2));
        await less.FlushAsync();

        less.AssertCounts(delivered: 1, dropped: new() { [DropReason.Oversize] = 1 });
        Assert.Equal(4, server.Requests.Count);
        Assert.Equal(1, less.Log.Count(LogLevel.Warning, "too large"));
    }

    [Fact]
    public async Task Sink_SeveralLanes_KeepTheOrderOfEachConnection()
    {
        const int Connections = 37;
        var random = new Random(5);
        await using OtlpServer server = await OtlpServer.StartAsync("grpc");
        server.Otherwise = () =>
        {
            lock (random)
            {
                return new Answer { Delay = TimeSpan.FromMilliseconds(random.Next(20)), GrpcStatus = random.Next(6) == 0 ? 14 : 0 };
            }
        };
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?concurrency=4&max-request-bytes=10000&linger=1ms");

        await driver.WriteNumberedAsync(4_000, connections: Connections);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 4_000);
        Assert.Equal(NumberedEvents.UpTo(4_000), server.TakenNumbers.Order());
        ILookup<string, ulong> byConnection = server.Taken.ToLookup(NumberedEvents.ConnectionOf, NumberedEvents.NumberOf);
        Assert.Equal(Connections, byConnection.Count);
        Assert.All(byConnection, connection => Assert.Equal(connection.Order(), connection));
        Assert.NotEqual(server.TakenNumbers.Order(), server.TakenNumbers);
    }

    [Fact]
    public async Task Sink_EventsOfSeveralOrigins_StandUnderTheirOwnResources()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?linger=5s");
        EventOrigin[] origins = [new EventOrigin("a", 1), new EventOrigin("b", 2, [new("host.id", "9")])];

        for (ulong number = 0; number < 6; number++)
        {
            await driver.WriteAsync(NumberedEvents.Batch(driver.Pool, 1, number), new BatchStamp(origins[number / 2 % 2], 0));
        }

        await driver.FlushAsync();

        SeenRequest request = Assert.Single(server.Requests);
        Assert.Equal(["a", "b", "a"], request.Message.ResourceLogs.Select(logs => logs.Resource.Attributes.Single(a => a.Key == "host.name").Value.StringValue));
        Assert.Equal([2, 2, 2], request.Message.ResourceLogs.Select(logs => logs.ScopeLogs.Single().LogRecords.Count));
        Assert.Equal(NumberedEvents.UpTo(6), server.TakenNumbers);
    }

    [Fact]
    public async Task Sink_ChangeOfOriginWhereItNoLongerFits_BeginsTheNextRequest()
    {
        // Every batch is of another origin, and the limit falls at any place: before, into and behind a resource's head.
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?max-request-bytes=4096");
        var random = new Random(11);
        ulong next = 0;
        for (int i = 0; i < 400; i++)
        {
            int count = random.Next(1, 6);
            SampleBatch batch = NumberedEvents.Batch(driver.Pool, count, next, payloadBytes: random.Next(1, 900));
            await driver.WriteAsync(batch, new BatchStamp(new EventOrigin(new string('h', random.Next(1, 64)), 1), 0));
            next += (ulong)count;
        }

        await driver.FlushAsync();

        Assert.Equal(NumberedEvents.UpTo((int)next), server.TakenNumbers);
        Assert.All(server.Requests, request => Assert.InRange(request.Bytes, 1, 4096));
        driver.AssertCounts(delivered: (long)next);
    }

    [Fact]
    public async Task Sink_ServerThatDoesNotAnswer_HoldsTheWriterBack()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        var answered = new TaskCompletionSource();
        server.Otherwise = () =>
        {
            answered.Task.Wait();
            return new Answer();
        };
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?max-request-bytes=20000");

        Task writing = driver.WriteNumberedAsync(1_000);
        await Task.Delay(500, TestContext.Current.CancellationToken);

        // One request is on its way and one is full; what is in neither was not taken.
        Assert.False(writing.IsCompleted);
        Assert.Equal(0, driver.Ledger.Delivered);
        Assert.InRange(driver.Ledger.Offered, 50, 300);
        answered.SetResult();
        await writing;
        await driver.FlushAsync();
        Assert.Equal(NumberedEvents.UpTo(1_000), server.TakenNumbers);
        driver.AssertCounts(delivered: 1_000);
    }

    [Fact]
    public async Task Sink_FewEvents_AreSentWithoutAFlushAfterTheLinger()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        await using SinkDriver driver = await SinkDriver.StartAsync($"{server.Uri}?linger=300ms");

        DateTime start = DateTime.UtcNow;
        await driver.WriteNumberedAsync(1);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await driver.WriteNumberedAsync(1, first: 1);
        await Eventually(() => driver.Ledger.Delivered == 2);

        SeenRequest request = Assert.Single(server.Requests);
        Assert.InRange((request.At - start).TotalMilliseconds, 290, 2_000);
    }

    [Fact]
    public async Task Sink_MalformedSamples_AreCountedAndTheOthersSent()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("grpc");
        await using SinkDriver driver = await SinkDriver.StartAsync(server.Uri);

        await driver.WriteAsync([1, 2, 3], NumberedEvents.Sample(0), NumberedEvents.Sample(9)[..50]);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 1, dropped: new() { [DropReason.Malformed] = 2 });
        Assert.Equal(NumberedEvents.UpTo(1), server.TakenNumbers);
    }

    [Fact]
    public async Task Sink_DisposedWithRequestsUnanswered_CountsThemAsNotDelivered()
    {
        await using OtlpServer server = await OtlpServer.StartAsync("http");
        server.Otherwise = () => new Answer { HttpStatus = 503 };
        SinkDriver driver = await SinkDriver.StartAsync(server.Uri);
        await driver.WriteNumberedAsync(250);
        await Eventually(() => server.Requests.Count > 0);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => driver.FlushAsync(timeoutMs: 300));
        await driver.DisposeAsync();

        driver.AssertCounts(dropped: new() { [DropReason.DrainTimeout] = 250 });
    }

    internal static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !condition(); i++)
        {
            await Task.Delay(50, CancellationToken.None);
        }

        Assert.True(condition(), "It did not happen within 30 s.");
    }
}
