// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>How full one ring is.</summary>
/// <param name="Source">Index of the ring buffer shard, or CPU of the perf buffer.</param>
/// <param name="UsedBytes">Bytes that the producers cannot use, because the reader has not freed them yet.</param>
/// <param name="SizeBytes">Bytes of the ring.</param>
public readonly record struct RingFill(int Source, long UsedBytes, long SizeBytes);
