// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Spool.Tests;

/// <summary>Numbered batches for a spool, and what comes back of them.</summary>
internal static class Batches
{
    public static readonly BatchPool Pool = new();
    public static readonly EventOrigin Origin = new("höst-1", 0xFEDC_BA98_7654_3210, new KeyValuePair<string, string>("host.id", "a\"b"), new KeyValuePair<string, string>("os.type", "linux"));

    /// <summary>A batch of samples with the numbers from <paramref name="first"/> on.</summary>
    public static SampleBatch Create(long first, int samples = 4, int payloadBytes = 300)
    {
        byte[] sample = new TlsSample { Payload = new byte[payloadBytes] }.Build();
        SampleBatch batch = Pool.Rent();
        for (int i = 0; i < samples; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(sample.AsSpan(32), (ulong)(first + i));
            Assert.True(batch.TryAppend(sample));
        }

        batch.Stamp = new BatchStamp(Origin, 1_000 + first, -2_000 - first);
        return batch;
    }

    public static SampleBatch[] CreateMany(int batches, int samples = 4, int payloadBytes = 300, long first = 0)
    {
        SampleBatch[] all = new SampleBatch[batches];
        for (int i = 0; i < batches; i++)
        {
            all[i] = Create(first + ((long)i * samples), samples, payloadBytes);
        }

        return all;
    }

    /// <summary>Numbers of all samples that can be read from here on, and how many are damaged.</summary>
    public static (List<long> Numbers, long Damaged, long LastId) ReadAll(IBatchSpool spool)
    {
        var numbers = new List<long>();
        long damaged = 0;
        long lastId = 0;
        var rows = new List<SpooledBatch>();
        while (true)
        {
            rows.Clear();
            spool.Read(Pool, rows, 7);
            if (rows.Count == 0)
            {
                return (numbers, damaged, lastId);
            }

            foreach (SpooledBatch row in rows)
            {
                lastId = row.Id;
                damaged += row.Batch is null ? row.Events : 0;
                for (int i = 0; i < (row.Batch?.Count ?? 0); i++)
                {
                    numbers.Add((long)ScriptedSink.CpuSequence(row.Batch![i]));
                }

                row.Batch?.Release();
            }
        }
    }

    /// <summary>Copies the files of a spool as they are at this moment: what a crash now would leave.</summary>
    public static void CopyTo(string from, string to)
    {
        System.IO.Directory.CreateDirectory(to);
        foreach (string file in System.IO.Directory.GetFiles(from))
        {
            if (System.IO.Path.GetFileName(file) != "lock")
            {
                System.IO.File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)), overwrite: true);
            }
        }
    }
}
