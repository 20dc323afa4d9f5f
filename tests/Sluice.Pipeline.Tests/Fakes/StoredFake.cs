// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Pipeline.Batching;
using Xunit;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>A batch in a <see cref="FakeSpool"/>.</summary>
internal sealed record StoredFake(byte[] Bytes, int[] Ends, BatchStamp Stamp)
{
    public bool IsDamaged { get; set; }

    public SampleBatch? Restore(BatchPool pool)
    {
        if (IsDamaged)
        {
            return null;
        }

        SampleBatch batch = pool.RentForStored(Bytes.Length);
        Assert.True(batch.TryRestore(Bytes, Ends));
        batch.Stamp = Stamp;
        return batch;
    }

    public IEnumerable<ulong> Numbers() => Ends.Select((_, i) => ScriptedSink.CpuSequence(Bytes.AsSpan(i == 0 ? 0 : Ends[i - 1])));
}
