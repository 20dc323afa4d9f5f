// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.TestSupport;
using Sluice.TestSupport.Otlp;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>Samples with numbers in them, which <c>log.record.uid</c> ends with.</summary>
internal static class NumberedEvents
{
    public static byte[] Sample(ulong number, ulong connection = 1, int payloadBytes = 64)
    {
        byte[] payload = new byte[payloadBytes];
        payload.AsSpan().Fill((byte)('a' + (number % 26)));
        return new TlsSample { ConnectionId = connection, Sequence = number, CpuSequence = number, Payload = payload }.Build();
    }

    /// <summary>Samples numbered from <paramref name="first"/> on, dealt out to the connections in turn.</summary>
    public static SampleBatch Batch(BatchPool pool, int count, ulong first, int connections = 1, int payloadBytes = 64)
    {
        SampleBatch batch = pool.Rent();
        for (ulong number = first; number < first + (ulong)count; number++)
        {
            Assert.True(batch.TryAppend(Sample(number, 1 + (number % (ulong)connections), payloadBytes)), "The batch has no room.");
        }

        return batch;
    }

    public static string Uid(LogRecord record) => record.Attributes.Single(attribute => attribute.Key == "log.record.uid").Value.StringValue;

    public static ulong NumberOf(LogRecord record) => NumberOf(Uid(record));

    public static ulong NumberOf(string uid) => ulong.Parse(uid.AsSpan(21), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string ConnectionOf(LogRecord record) => record.Attributes.Single(attribute => attribute.Key == "sluice.connection.id").Value.StringValue;

    public static IEnumerable<ulong> UpTo(int count) => Enumerable.Range(0, count).Select(n => (ulong)n);
}
