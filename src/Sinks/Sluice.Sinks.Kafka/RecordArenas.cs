// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Threading;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// The arenas of one producer. With values in them librdkafka allocates 300 bytes a record and not 1,200, which malloc keeps at hand for each
/// thread and else takes from a heap under a lock: measured in C, 1.3 µs of CPU a record instead of 1.7.
/// </summary>
/// <remarks>Thread-safe: the writing thread rents, whoever reads reports releases.</remarks>
internal sealed class RecordArenas
{
    /// <summary>
    /// 64 MiB, more than 50,000 records of a 256 B payload. One partition that does not move can hold up every arena: beyond these, librdkafka copies.
    /// </summary>
    private const int MaxArenas = 256;

    private readonly RecordArena[] _all = new RecordArena[MaxArenas];

    // _gate guards the two fields below it; no other lock is taken inside.
    private readonly Lock _gate = new();
    private readonly Stack<RecordArena> _idle = new(MaxArenas);
    private int _count;

    /// <summary>An empty arena, of which the caller has one reference; null when all are in use.</summary>
    public RecordArena? TryRent()
    {
        lock (_gate)
        {
            if (!_idle.TryPop(out RecordArena? arena))
            {
                if (_count == MaxArenas)
                {
                    return null;
                }

                arena = new RecordArena(_count + 1);
                _all[_count++] = arena;
            }

            arena.Reset();
            return arena;
        }
    }

    /// <summary>Gives references back; the last one makes the arena free for use.</summary>
    public void Release(int number, int count)
    {
        // No lock: the place was written before the number went out with a record.
        RecordArena arena = _all[number - 1];
        if (arena.Release(count))
        {
            lock (_gate)
            {
                _idle.Push(arena);
            }
        }
    }
}
