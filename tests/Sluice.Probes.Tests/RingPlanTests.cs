// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Sluice.Probes.Tests;

public sealed class RingPlanTests
{
    private const int PageBytes = 4096;
    private const int MiB = 1024 * 1024;

    [Theory]
    [InlineData(1, 1, 16)]
    [InlineData(2, 2, 8)]
    [InlineData(4, 4, 4)]
    [InlineData(6, 8, 4)]
    [InlineData(64, 64, 4)]
    public void For_NothingAsked_HasFourMiBForEachCpuAndAtLeastSixteen(int cpus, int shards, int shardMiB) =>
        Assert.Equal(new RingPlan(shards, (uint)(shardMiB * MiB)), RingPlan.For(cpus, pagesPerCpu: null, PageBytes));

    [Theory]
    [InlineData(1, 1, 1, 4096)]
    [InlineData(2, 1, 2, 4096)]
    [InlineData(2, 1024, 2, 4 * MiB)]
    [InlineData(3, 1024, 4, 4 * MiB)]
    [InlineData(128, 1024, 64, 8 * MiB)]
    public void For_PagesAsked_HasNoLessThanThoseAndNoFloor(int cpus, int pages, int shards, int shardBytes) =>
        Assert.Equal(new RingPlan(shards, (uint)shardBytes), RingPlan.For(cpus, pages, PageBytes));
}
