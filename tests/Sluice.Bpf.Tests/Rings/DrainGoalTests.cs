// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Sluice.Bpf.Tests.Rings;

public sealed class DrainGoalTests
{
    [Theory]
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue - 15)]
    public void IsReached_RecordsAfterTheMoment_DoNotCount(ulong start)
    {
        using FakeRingbuf fake = new(start, maxPassBytes: 1);
        CollectingHandler handler = new();
        fake.Append(8, 1);
        fake.Append(8, 2);
        DrainGoal<RingbufRing> goal = new([fake.Ring]);
        fake.Append(8, 3);

        bool before = goal.IsReached;
        _ = fake.Ring.Drain(0, ref handler);
        bool halfway = goal.IsReached;
        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal([false, false, true], new[] { before, halfway, goal.IsReached });
        Assert.Equal(2, handler.Samples.Count);
    }

    [Fact]
    public void IsReached_EmptyRings_IsTrueAtOnce()
    {
        using FakeRingbuf fake = new(startPosition: 4096);

        Assert.True(new DrainGoal<RingbufRing>([fake.Ring]).IsReached);
    }
}
