// SPDX-License-Identifier: Apache-2.0
using System;
using System.Numerics;

namespace Sluice.Probes;

/// <summary>How many ring shards a host gets and how large each is.</summary>
/// <param name="ShardCount">A power of two: programs choose a shard by masking the connection id.</param>
/// <param name="ShardBytes">A power of two and a multiple of the page size, as the kernel demands.</param>
public readonly record struct RingPlan(int ShardCount, uint ShardBytes)
{
    /// <summary>Slots of the outer map (<c>rings</c> in bpf/include/maps.h).</summary>
    public const int MaxShards = 64;

    // Of all shards together when nothing else is asked. On a machine of two CPUs the reader's was taken away for up to 42 ms (by the hypervisor, seen as
    // steal time), in which 500,000 events/s of 256 B fill 9 MiB; with many CPUs the memory for each of them is more than this anyway.
    private const ulong MinDefaultBytes = 16 * 1024 * 1024;

    // Largest power of two that a ring's size field holds; the kernel refuses more.
    private const uint MaxShardBytes = 1u << 30;

    /// <param name="cpus">CPUs that can submit at once; one producer per shard then rarely meets another at the ring's lock.</param>
    /// <param name="pagesPerCpu">Memory of all shards together, per CPU; null takes <see cref="CaptureOptions.DefaultMapSizePages"/>, and more where the CPUs are few.</param>
    /// <param name="pageBytes">The kernel's page size.</param>
    public static RingPlan For(int cpus, int? pagesPerCpu, int pageBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cpus);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pagesPerCpu ?? CaptureOptions.DefaultMapSizePages, nameof(pagesPerCpu));
        int shards = Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)cpus), MaxShards);
        ulong bytes = (ulong)cpus * (ulong)(pagesPerCpu ?? CaptureOptions.DefaultMapSizePages) * (ulong)pageBytes;
        ulong perShard = (pagesPerCpu is null ? Math.Max(bytes, MinDefaultBytes) : bytes) / (ulong)shards;
        ulong rounded = Math.Max(BitOperations.RoundUpToPowerOf2(perShard), (ulong)pageBytes);
        return new RingPlan(shards, (uint)Math.Min(rounded, MaxShardBytes));
    }
}
