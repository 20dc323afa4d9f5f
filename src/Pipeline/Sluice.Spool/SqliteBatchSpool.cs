// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Spool;

/// <summary>
/// A spool in a SQLite database, one for each sink, in a directory of its own. A transaction that was committed survives the death of the process; a
/// power cut can cost what was committed since the last <see cref="Sync"/> (half a second), never the file.
/// </summary>
/// <remarks>
/// A batch that is damaged costs that batch: it is recognised by its checksum. Where SQLite itself finds its file damaged, what is readable goes to a new file
/// (<c>SqliteBatchSpool.Rescue.cs</c>) and the old one is kept beside it.
/// </remarks>
public sealed partial class SqliteBatchSpool : IBatchSpool
{
    private const string HandedKey = "handed_through";
    private const string ResentKey = "resent";

    /// <summary>What <see cref="ResentKey"/> was before batches were handed out.</summary>
    private const string KnownResentKey = "resent_before";

    /// <summary>Value of <see cref="ResentKey"/> while batches are handed out: the end of the process leaves it so, and <see cref="HandedKey"/> tells.</summary>
    private const long ResentUnknown = -1;

    /// <summary>An empty file above this size is cut down at once: an outage of a night must not keep its disk for months.</summary>
    private const long ShrinkFromBytes = 64L << 20;

    /// <summary>The tables themselves take less; a file with more in it need not be counted to know that it is not empty.</summary>
    private const long EmptyBytes = 16L * SpoolFile.PageBytes;

    private readonly SpoolOptions _options;
    private readonly string _sink;
    private readonly ILogger _logger;
    private readonly List<(long Id, int Events)> _sizes = [];
    private readonly OriginTable _origins = new();
    private SpoolDirectory? _directory;
    private SpoolFile? _file;
    private DriveInfo? _drive;
    private long _nextId = 1;
    private long _firstId = 1;
    private long _readId;
    private long? _removeId;
    private bool _isHandingOut;

    /// <summary>Samples in the file; after damage the only one who knows how many there were.</summary>
    private long _events;

    /// <param name="options">Where, and how large.</param>
    /// <param name="sink">The sink's name in the ledger; the spool is its alone.</param>
    /// <param name="logger">Told about damage.</param>
    public SqliteBatchSpool(SpoolOptions options, string sink, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _sink = sink;
        _logger = logger;
    }

    /// <summary>Bytes of disk that its batches take.</summary>
    public long UsedBytes => OpenFile.UsedBytes();

    private SpoolFile OpenFile => _file ?? throw new InvalidOperationException("The spool is not open.");

    /// <inheritdoc/>
    public SpoolContent Open()
    {
        _directory = SpoolDirectory.Open(_options.Directory, _sink);
        try
        {
            _drive = new DriveInfo(_directory.Path);
            string path = _directory.FileOf(_sink);
            RefuseOthersContent(path);
            OpenOwn(path);
            return Guarded(Count);
        }
        catch (SpoolFileException e)
        {
            Close(resent: null);
            throw SpoolDirectory.Unusable(_sink, _options.Directory, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Close(resent: null);
            throw SpoolDirectory.Unusable(_sink, _options.Directory, SpoolDirectory.Reason(e), e);
        }
        catch
        {
            Close(resent: null);
            throw;
        }
    }

    /// <inheritdoc/>
    public SpoolProblem? TryAppend(IReadOnlyList<SampleBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        SpoolProblem? problem = TryInsert(batches, _nextId);
        if (problem is null)
        {
            _nextId += batches.Count;
        }

        return problem;
    }

    /// <inheritdoc/>
    public SpoolProblem? TryPrepend(IReadOnlyList<SampleBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        RemoveNow();
        // What could not be deleted has lower places now than what must not be: it is sent again by the next run.
        _removeId = null;
        long first = _firstId - batches.Count;
        SpoolProblem? problem = TryInsert(batches, first);
        if (problem is null)
        {
            _firstId = first;
        }

        return problem;
    }

    /// <inheritdoc/>
    public void Read(BatchPool pool, ICollection<SpooledBatch> batches, int maxBatches)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(batches);
        Guarded(() =>
        {
            // Again where the first attempt met damage: what it had found must not be read twice.
            _sizes.Clear();
            OpenFile.ReadSizes(_readId, maxBatches, _sizes);
        });
        if (_sizes.Count == 0)
        {
            return;
        }

        MarkHandedOut(_sizes[^1].Id);
        foreach ((long id, int events) in _sizes)
        {
            batches.Add(new SpooledBatch(id, events, Guarded(() => ReadBatch(pool, id, events))));
            _readId = id;
        }
    }

    /// <inheritdoc/>
    public void Remove(long throughId)
    {
        _removeId = throughId;
        RemoveNow();
    }

    /// <inheritdoc/>
    public void Sync()
    {
        try
        {
            OpenFile.SetWaitForDisk(true);
            OpenFile.SetState("synced", DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            OpenFile.SetWaitForDisk(false);
        }
        catch (SpoolFileException e)
        {
            SpoolLog.NotSynced(_logger, _sink, e.Message);
        }
    }

    /// <inheritdoc/>
    public void Close(long? resent)
    {
        if (_file is not null)
        {
            RemoveNow();
        }

        if (_file is { } file)
        {
            _file = null;
            CloseFile(file, resent);
        }

        _directory?.Dispose();
        _directory = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Close(resent: null);

    /// <summary>What another sink has left here would never be delivered by this one, and nobody would see it.</summary>
    private void RefuseOthersContent(string own)
    {
        foreach (string path in _directory!.OtherFiles(own))
        {
            string other;
            long events;
            try
            {
                if (!SpoolFile.LooksLikeDatabase(path))
                {
                    continue;
                }

                using SpoolFile file = SpoolFile.Open(path, _options.MaxBytes, "");
                other = file.Identity().Sink;
                events = file.Sums().Events;
            }
            catch (SpoolFileException)
            {
                continue;
            }

            if (events != 0)
            {
                throw SpoolDirectory.Unusable(_sink, _options.Directory, string.Create(
                    CultureInfo.InvariantCulture,
                    $"it holds {events} events of the sink '{other}'; give this sink another spool-dir=, or that one's name by ?name=, or move '{path}' away"));
            }
        }
    }

    private void OpenOwn(string path)
    {
        if (File.Exists(path) && !SpoolFile.LooksLikeDatabase(path))
        {
            string aside = _directory!.SetAside(path);
            SpoolLog.NotADatabase(_logger, _sink, aside);
        }

        try
        {
            _file = SpoolFile.Open(path, UsableBytes(), _sink);
            CheckIdentity(path);
        }
        catch (SpoolFileException e) when (e.IsDamage)
        {
            _file?.Dispose();
            _file = null;
            Rescue(path, e);
        }
    }

    private void CheckIdentity(string path)
    {
        (long application, long version, string sink) = OpenFile.Identity();
        string? problem = application != SpoolFile.ApplicationId ? $"'{path}' is a database of another program; move it away"
            : version != SpoolFile.Version ? $"'{path}' is of another version of sluice; deliver it with that one, or move it away"
            : sink != _sink ? $"'{path}' belongs to the sink '{sink}'; give this one another spool-dir="
            : null;
        if (problem is not null)
        {
            throw SpoolDirectory.Unusable(_sink, _options.Directory, problem);
        }
    }

    /// <summary>On a small disk the journal has to be smaller, too.</summary>
    private long UsableBytes() => Math.Min(_options.MaxBytes, _drive!.TotalSize);

    private SpoolContent Count()
    {
        (long batches, long events, long firstId, long lastId) = OpenFile.Sums();
        _events = events;
        _firstId = firstId;
        _nextId = lastId + 1;
        _readId = firstId - 1;
        long resent = OpenFile.GetState(ResentKey) ?? 0;
        if (resent == ResentUnknown)
        {
            long handed = OpenFile.EventsThrough(OpenFile.GetState(HandedKey) ?? long.MinValue);
            resent = Math.Max(handed, OpenFile.GetState(KnownResentKey) ?? 0);
            _isHandingOut = true;
        }

        return new SpoolContent(batches, events, Math.Min(resent, events));
    }

    private SpoolProblem? TryInsert(IReadOnlyList<SampleBatch> batches, long id)
    {
        long bytes = 0;
        foreach (SampleBatch batch in batches)
        {
            bytes += batch.ByteCount;
        }

        if (FindDiskProblem(bytes) is { } problem)
        {
            return problem;
        }

        try
        {
            Guarded(() => Insert(batches, id));
            return null;
        }
        catch (SpoolFileException e)
        {
            return new SpoolProblem(e.IsFull
                ? string.Create(CultureInfo.InvariantCulture, $"it has reached its limit of {_options.MaxBytes} bytes or its disk is full; raise spool-max-bytes or see to the sink.")
                : $"'{OpenFile.Path}': {e.Message}.");
        }
    }

    /// <summary>SQLite needs room for its journal also to delete something, so we stop before there is none.</summary>
    private SpoolProblem? FindDiskProblem(long bytes)
    {
        try
        {
            long free = _drive!.AvailableFreeSpace;
            return free >= (2 * bytes) + OpenFile.WalBytes || free >= OpenFile.DiskBytesFor(bytes)
                ? null
                : new SpoolProblem($"the disk of '{_options.Directory}' is full; make room on it, or see to the sink.");
        }
        catch (IOException e)
        {
            return new SpoolProblem($"the disk of '{_options.Directory}' does not answer: {e.Message}");
        }
    }

    private void Insert(IReadOnlyList<SampleBatch> batches, long id)
    {
        SpoolFile file = OpenFile;
        file.Begin();
        try
        {
            long events = 0;
            for (int i = 0; i < batches.Count; i++)
            {
                file.Insert(id + i, batches[i], _origins);
                events += batches[i].Count;
            }

            file.Commit();
            _events += events;
        }
        catch
        {
            file.Rollback();
            throw;
        }
    }

    /// <summary>So that a run after a crash knows what may arrive twice. Where it cannot be written, nothing but that number suffers.</summary>
    private void MarkHandedOut(long id)
    {
        try
        {
            OpenFile.Begin();
            OpenFile.SetState(HandedKey, id);
            if (!_isHandingOut)
            {
                OpenFile.SetState(KnownResentKey, OpenFile.GetState(ResentKey) ?? 0);
                OpenFile.SetState(ResentKey, ResentUnknown);
            }

            OpenFile.Commit();
            _isHandingOut = true;
        }
        catch (SpoolFileException)
        {
            OpenFile.Rollback();
        }
    }

    /// <summary>Null when it is damaged.</summary>
    private SampleBatch? ReadBatch(BatchPool pool, long id, int events)
    {
        try
        {
            if (OpenFile.TryFind(id, out StoredBatch row) && TryRestore(pool, row, events) is { } batch)
            {
                return batch;
            }
        }
        finally
        {
            OpenFile.EndFind();
        }

        SpoolLog.BatchDamaged(_logger, _sink, events);
        return null;
    }

    private SampleBatch? TryRestore(BatchPool pool, in StoredBatch row, int events)
    {
        if (row.Ends.Length != events * sizeof(int) || BatchChecksum.Of(row) != row.Checksum || _origins.Find((ulong)row.RunId, row.Origin) is not { } origin)
        {
            return null;
        }

        SampleBatch batch = pool.RentForStored(row.Samples.Length);
        // The columns are where SQLite put them, which need not be where a number may be read on every processor; the copy is 4 bytes a sample.
        Span<int> ends = events <= 1024 ? stackalloc int[events] : new int[events];
        row.Ends.CopyTo(MemoryMarshal.AsBytes(ends));
        if (!batch.TryRestore(row.Samples, ends))
        {
            batch.Release();
            return null;
        }

        batch.Stamp = new BatchStamp(origin, row.ClockOffsetNs, row.ObservedUnixNs);
        return batch;
    }

    private void RemoveNow()
    {
        if (_removeId is not { } id)
        {
            return;
        }

        try
        {
            long events = 0;
            Guarded(() =>
            {
                events = OpenFile.EventsThrough(id);
                OpenFile.DeleteThrough(id);
            });
            _events -= events;
            _removeId = null;
            ShrinkIfEmpty();
        }
        catch (SpoolFileException e)
        {
            // Delivered they are; a crash before the next try sends them again.
            SpoolLog.NotDeleted(_logger, _sink, e.Message);
        }
    }

    private void ShrinkIfEmpty()
    {
        if (OpenFile.PragmaNumber("page_count") * SpoolFile.PageBytes >= ShrinkFromBytes && OpenFile.UsedBytes() <= EmptyBytes && OpenFile.Sums().Batches == 0)
        {
            OpenFile.Shrink();
        }
    }

    private void CloseFile(SpoolFile file, long? resent)
    {
        bool isEmpty = false;
        try
        {
            if (resent is { } known)
            {
                // What was delivered and could not be deleted arrives twice, too.
                file.SetState(ResentKey, known + (_removeId is { } left ? file.EventsThrough(left) : 0));
            }

            file.SetWaitForDisk(true);
            isEmpty = resent is not null && file.Sums().Batches == 0;
        }
        catch (SpoolFileException e)
        {
            SpoolLog.NotClosed(_logger, _sink, e.Message);
        }

        file.Dispose();
        if (isEmpty)
        {
            foreach (string part in SpoolFile.FilesOf(file.Path))
            {
                File.Delete(part);
            }
        }
    }
}
