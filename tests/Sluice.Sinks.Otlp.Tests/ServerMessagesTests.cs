// SPDX-License-Identifier: Apache-2.0
using System;
using Google.Protobuf;
using Sluice.TestSupport.Otlp;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>What servers say is read right when it is right, and without harm when it is not.</summary>
public sealed class ServerMessagesTests
{
    [Fact]
    public void ReadStatus_WithRetryInfo_HasItsDelay()
    {
        byte[] status = StatusWith(new Duration { Seconds = 3, Nanos = 250_000_000 });

        Assert.Equal(("busy", (TimeSpan?)TimeSpan.FromSeconds(3.25)), ServerMessages.ReadStatus(status));
    }

    [Theory]
    [InlineData(-5, 0, 0)]
    [InlineData(0, -5, 0)]
    [InlineData(long.MaxValue, 0, 86_400)]
    public void ReadStatus_WithADelayThatIsNone_TakesTheNearest(long seconds, int nanos, double expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), ServerMessages.ReadStatus(StatusWith(new Duration { Seconds = seconds, Nanos = nanos })).RetryDelay);

    [Fact]
    public void ReadStatus_CutAnywhere_NeverThrowsAndNeverInventsADelay()
    {
        byte[] status = StatusWith(new Duration { Seconds = 3 });
        for (int length = 0; length < status.Length; length++)
        {
            Assert.Null(ServerMessages.ReadStatus(status.AsSpan(0, length)).RetryDelay);
        }
    }

    [Fact]
    public void TryReadResponse_AnyBytes_AgreesWithTheLibrary()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(0, 12)];
            random.NextBytes(bytes);
            if (random.Next(2) == 0 && bytes.Length > 1)
            {
                (bytes[0], bytes[1]) = (0x0a, (byte)(bytes.Length - 2));
            }

            if (TryParse(bytes) is { } expected && ServerMessages.TryReadResponse(bytes, out ExportAnswer answer))
            {
                Assert.Equal(expected.PartialSuccess?.RejectedLogRecords ?? 0, answer.RejectedRecords);
            }
        }
    }

    [Fact]
    public void TryReadResponse_EveryResponseOfTheLibrary_IsRead()
    {
        var random = new Random(4);
        for (int i = 0; i < 2_000; i++)
        {
            var response = new ExportLogsServiceResponse
            {
                PartialSuccess = new ExportLogsPartialSuccess { RejectedLogRecords = random.NextInt64() >> random.Next(64), ErrorMessage = new string('x', random.Next(300)) },
            };

            Assert.True(ServerMessages.TryReadResponse(response.ToByteArray(), out ExportAnswer answer));
            Assert.Equal((response.PartialSuccess.RejectedLogRecords, response.PartialSuccess.ErrorMessage), (answer.RejectedRecords, answer.Reason));
        }
    }

    [Fact]
    public void Backoff_GrowsWithJitterUpToItsEndAndNeverUndercutsTheServer()
    {
        var backoff = new Backoff(new Random(1));
        TimeSpan expected = Backoff.First;
        for (int i = 0; i < 20; i++)
        {
            Assert.InRange(backoff.Next(null), expected / 2, expected);
            expected = expected * 2 < Backoff.Longest ? expected * 2 : Backoff.Longest;
        }

        Assert.InRange(backoff.Next(TimeSpan.FromSeconds(100)), TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(110));
        backoff.Reset();
        Assert.InRange(backoff.Next(null), Backoff.First / 2, Backoff.First);
    }

    private static byte[] StatusWith(Duration delay)
    {
        var status = new Status { Code = 14, Message = "busy" };
        status.Details.Add(new Any { TypeUrl = "type.googleapis.com/google.rpc.RetryInfo", Value = new RetryInfo { RetryDelay = delay }.ToByteString() });
        return status.ToByteArray();
    }

    private static ExportLogsServiceResponse? TryParse(byte[] bytes)
    {
        try
        {
            return ExportLogsServiceResponse.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
