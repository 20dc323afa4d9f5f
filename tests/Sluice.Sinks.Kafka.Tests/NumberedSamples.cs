// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Samples with numbers in them, and the proof that exactly these came back.</summary>
internal static class NumberedSamples
{
    /// <summary>A batch of samples, numbered per connection from <paramref name="first"/> on, one connection after the other.</summary>
    public static SampleBatch Batch(BatchPool pool, int count, ulong first = 0, int connections = 1, int payloadBytes = 64)
    {
        SampleBatch batch = pool.Rent();
        for (int i = 0; i < count; i++)
        {
            ulong number = first + (ulong)(i / connections);
            Assert.True(batch.TryAppend(Sample((ulong)(i % connections) + 1, number, payloadBytes)), "The batch has no room.");
        }

        return batch;
    }

    public static byte[] Sample(ulong connection, ulong number, int payloadBytes = 64)
    {
        byte[] payload = new byte[payloadBytes];
        payload.AsSpan().Fill((byte)number);
        return new TlsSample { ConnectionId = connection, Sequence = number, Payload = payload }.Build();
    }

    /// <summary>
    /// As <see cref="AssertComplete"/>, for brokers that do not sort out repeated batches (the mock cluster does not): what comes again is left out.
    /// </summary>
    public static void AssertCompleteBesidesRepeats(IReadOnlyList<ConsumeResult<byte[], byte[]>> records, int connections, int perConnection) =>
        AssertComplete([.. records.DistinctBy(r => Convert.ToHexString(r.Message.Value))], connections, perConnection);

    /// <summary>Fails unless the records hold the numbers 0 to <paramref name="perConnection"/> of every connection, each once and in order.</summary>
    public static void AssertComplete(IReadOnlyList<ConsumeResult<byte[], byte[]>> records, int connections, int perConnection)
    {
        var byConnection = records.Select(r => MemoryMarshal.Read<TlsDataHeader>(r.Message.Value)).GroupBy(h => h.ConnectionId).ToArray();
        Assert.Equal(connections, byConnection.Length);
        foreach (IGrouping<ulong, TlsDataHeader> connection in byConnection)
        {
            Assert.Equal(Enumerable.Range(0, perConnection).Select(n => (ulong)n), connection.Select(h => h.Sequence));
        }
    }
}
