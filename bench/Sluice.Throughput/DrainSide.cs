// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;

namespace Sluice.Throughput;

/// <summary>One of the two consumers of the drain comparison and what fills its buffer.</summary>
/// <param name="generator">Writes to the buffer that <paramref name="drain"/> reads.</param>
/// <param name="drain">Empties the buffer and returns the number of records.</param>
internal sealed class DrainSide(Generator generator, Func<long> drain)
{
    /// <summary>Bytes that the drains have allocated so far.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Records of the last round: as many as the buffer holds.</summary>
    public int RecordsARound { get; private set; }

    /// <summary>Fills, drains, and returns the records drained a second.</summary>
    public double Round()
    {
        RecordsARound = generator.EmitRecords(Generator.MaxRun);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        long records = drain();
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (records != RecordsARound || records == 0)
        {
            throw new InvalidOperationException($"{RecordsARound} records were submitted, {records} drained.");
        }

        return records / took.TotalSeconds;
    }
}
