// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Spool;

/// <summary>What is done when SQLite finds that its file is damaged: a new file takes what can be read of it.</summary>
public sealed partial class SqliteBatchSpool
{
    /// <summary>No batch: its checksum is wrong, so whoever reads it finds it damaged and counts its samples.</summary>
    private static ReadOnlySpan<byte> Nothing => [0];

    private T Guarded<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (SpoolFileException e) when (e.IsDamage)
        {
            Rescue(OpenFile.Path, e);
            return step();
        }
    }

    private void Guarded(Action step) => Guarded(() =>
    {
        step();
        return true;
    });

    /// <summary>
    /// Moves the file aside and what is readable of it into a new one. Every batch that the index or the rows still know keeps its place there, without content
    /// when that is lost.
    /// </summary>
    private void Rescue(string path, SpoolFileException damage)
    {
        long before = _events;
        _file?.Dispose();
        _file = null;
        string aside = _directory!.SetAside(path);
        SpoolFile rescued = SpoolFile.Open(path, UsableBytes(), _sink);
        _file = rescued;
        long lost = 0;
        try
        {
            using SpoolFile old = SpoolFile.Open(aside, UsableBytes(), _sink);
            lost = CopyReadable(old, rescued);
        }
        catch (SpoolFileException)
        {
            // Not even the first page is whole.
        }

        (long batches, long events, long firstId, long lastId) = rescued.Sums();
        if (before > events)
        {
            // Neither index nor rows know of them any more, but we do.
            lastId = Math.Max(lastId, _readId) + 1;
            InsertLost(rescued, lastId, before - events);
            lost += before - events;
        }

        _events = Math.Max(before, events);
        _firstId = Math.Min(_firstId, firstId);
        _nextId = Math.Max(_nextId, lastId + 1);
        SpoolLog.Rescued(_logger, _sink, damage.Message, batches, lost, aside);
    }

    private static long CopyReadable(SpoolFile old, SpoolFile rescued)
    {
        long lost = 0;
        CopyState(old, rescued);
        var copied = new HashSet<long>();
        foreach ((long id, int events) in KnownSizes(old))
        {
            if (copied.Add(id) && !TryCopy(old, rescued, id, events))
            {
                InsertLost(rescued, id, events);
                lost += events;
            }
        }

        return lost;
    }

    private static void CopyState(SpoolFile old, SpoolFile rescued)
    {
        try
        {
            foreach (string key in (string[])[HandedKey, ResentKey, KnownResentKey])
            {
                if (old.GetState(key) is { } value)
                {
                    rescued.SetState(key, value);
                }
            }
        }
        catch (SpoolFileException)
        {
            // Then nothing is known to be sent again.
        }
    }

    /// <summary>What the index still knows; where it ends early, the rows are asked themselves.</summary>
    private static List<(long Id, int Events)> KnownSizes(SpoolFile old)
    {
        var sizes = new List<(long Id, int Events)>();
        try
        {
            old.ReadSizes(long.MinValue, int.MaxValue, sizes);
            return sizes;
        }
        catch (SpoolFileException)
        {
            old.ReadSizesFromRows(sizes);
            return sizes;
        }
    }

    private static bool TryCopy(SpoolFile old, SpoolFile rescued, long id, int events)
    {
        try
        {
            if (!old.TryFind(id, out StoredBatch row))
            {
                return false;
            }

            rescued.Insert(id, events, row);
            return true;
        }
        catch (SpoolFileException)
        {
            return false;
        }
        finally
        {
            old.EndFind();
        }
    }

    private static void InsertLost(SpoolFile rescued, long id, long events) =>
        rescued.Insert(id, events, new StoredBatch(0, 0, 0, 0, Nothing, Nothing, Nothing));
}
