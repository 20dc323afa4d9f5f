// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Text.Json;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

/// <summary>JSON and MessagePack arrays of events.</summary>
public sealed class ArrayEncoderTests
{
    private static readonly byte[][] s_samples =
    [
        new TlsSample { Payload = [.. "GET /"u8], Sequence = 1 }.Build(),
        new TlsSample { Payload = [0xff, 0], Sequence = 2 }.Build(),
        LossSample.Build("ring_full", 1, 2),
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Json_Events_AreTheElementsOfOneArray(int count)
    {
        byte[][] samples = s_samples[..count];

        string expected = "[" + string.Join(',', samples.Select(s => System.Text.Encoding.UTF8.GetString(Single(new JsonEventEncoder(), s)))) + "]";

        Assert.Equal(expected, System.Text.Encoding.UTF8.GetString(Encode(new JsonArrayEncoder(), samples)));
        using JsonDocument array = JsonDocument.Parse(expected);
        Assert.Equal(count, array.RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void MessagePack_Events_StandBehindAHeadWithTheirNumber(int count)
    {
        byte[][] samples = s_samples[..count];

        byte[] expected = [0xdd, 0, 0, 0, (byte)count, .. samples.SelectMany(s => Single(new MessagePackEventEncoder(), s))];

        Assert.Equal(expected, Encode(new MessagePackArrayEncoder(), samples));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("msgpack")]
    public void Array_MalformedAndUndoneEvents_LeaveNoTrace(string encoding)
    {
        IEventBatchEncoder encoder = Create(encoding);
        var output = new OutputBuffer();
        output.Write("before"u8);

        encoder.Begin(ExpectedEvent.Stamp.Origin, output);
        Assert.False(encoder.TryAppend([1, 2, 3], ExpectedEvent.Stamp, output));
        Assert.True(encoder.TryAppend(s_samples[0], ExpectedEvent.Stamp, output));
        Assert.False(encoder.TryAppend([1, 2, 3], ExpectedEvent.Stamp, output));
        int length = output.Length;
        Assert.True(encoder.TryAppend(s_samples[1], ExpectedEvent.Stamp, output));
        output.Truncate(length);
        encoder.Undo();
        Assert.True(encoder.TryAppend(s_samples[2], ExpectedEvent.Stamp, output));
        int beforeEnd = output.Length;
        encoder.End(output);

        Assert.Equal([.. "before"u8, .. Encode(Create(encoding), s_samples[0], s_samples[2])], output.WrittenSpan.ToArray());
        Assert.True(output.Length - beforeEnd <= encoder.EndBytes);
    }

    private static IEventBatchEncoder Create(string encoding) => encoding == "json" ? new JsonArrayEncoder() : new MessagePackArrayEncoder();

    private static byte[] Encode(IEventBatchEncoder encoder, params byte[][] samples)
    {
        var output = new OutputBuffer();
        encoder.Begin(ExpectedEvent.Stamp.Origin, output);
        foreach (byte[] sample in samples)
        {
            Assert.True(encoder.TryAppend(sample, ExpectedEvent.Stamp, output));
        }

        encoder.End(output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Single(IEventEncoder encoder, byte[] sample)
    {
        var output = new OutputBuffer();
        Assert.True(encoder.TryEncode(sample, ExpectedEvent.Stamp, output));
        return output.WrittenSpan.ToArray();
    }
}
