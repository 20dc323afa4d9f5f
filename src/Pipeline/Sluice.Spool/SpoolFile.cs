// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Sluice.Pipeline.Batching;
using SQLitePCL;

namespace Sluice.Spool;

/// <summary>
/// The database of a spool: one row for each batch. Only mechanism: what to do about errors is for <see cref="SqliteBatchSpool"/>. One thread at a time.
/// </summary>
/// <remarks>
/// Number of samples and size of every batch stand a second time in the index <c>batch_sizes</c>, which lies on other pages than the rows: so the sums at the start
/// read no row, and a row that is destroyed is still known by its number of samples.
/// </remarks>
internal sealed class SpoolFile : IDisposable
{
    /// <summary>"SLUC", in the file's header.</summary>
    public const int ApplicationId = 0x534C5543;

    public const int Version = 1;

    /// <summary>
    /// A batch of 256 KiB fills eight of them. Writing 1 GB with one transaction in 16 batches: 290 MB/s, with pages of 16 KiB 175, of 4 KiB 145; 64 KiB gain
    /// no more, and cost each small transaction twice as much.
    /// </summary>
    public const int PageBytes = 32 * 1024;

    private const long MaxWalBytes = 32L << 20;
    private const long LeastWalBytes = 256L << 10;

    private readonly SqliteConnection _connection;
    private readonly sqlite3 _database;
    private readonly List<SqlStatement> _statements = [];
    private readonly SqlStatement _begin;
    private readonly SqlStatement _commit;
    private readonly SqlStatement _rollback;
    private readonly SqlStatement _insert;
    private readonly SqlStatement _sizes;
    private readonly SqlStatement _find;
    private readonly SqlStatement _delete;
    private readonly SqlStatement _setState;

    private SpoolFile(string path, SqliteConnection connection, long walBytes)
    {
        Path = path;
        WalBytes = walBytes;
        _connection = connection;
        _database = connection.Handle!;
        _begin = Prepare("begin", "BEGIN IMMEDIATE");
        _commit = Prepare("commit", "COMMIT");
        _rollback = Prepare("roll back", "ROLLBACK");
        _insert = Prepare("write a batch", "INSERT INTO batches VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
        _sizes = Prepare("read the index", "SELECT id, events FROM batches INDEXED BY batch_sizes WHERE id > ?1 ORDER BY id LIMIT ?2");
        _find = Prepare("read a batch", "SELECT checksum, run_id, clock_offset_ns, observed_unix_ns, origin, ends, samples FROM batches WHERE id = ?1");
        _delete = Prepare("delete batches", "DELETE FROM batches WHERE id <= ?1");
        _setState = Prepare("write the state", "INSERT OR REPLACE INTO state VALUES (?1, ?2)");
    }

    public string Path { get; }

    /// <summary>Bytes that its journal may have.</summary>
    public long WalBytes { get; }

    /// <summary>The files that make it up.</summary>
    public static IReadOnlyList<string> FilesOf(string path) => [path, path + "-wal", path + "-shm", path + "-journal"];

    /// <summary>True when the file is a database of SQLite, whatever is in it; an empty one counts.</summary>
    public static bool LooksLikeDatabase(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> head = stackalloc byte[16];
        int length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return length == 0 || head[..length].SequenceEqual("SQLite format 3\0"u8);
    }

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Bytes of disk that it may take, journal included.</param>
    /// <param name="sink">Written into a new file.</param>
    /// <exception cref="SpoolFileException">SQLite refuses; or the file is damaged.</exception>
    public static SpoolFile Open(string path, long maxBytes, string sink)
    {
        CreatePrivately(path);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            long walBytes = Math.Clamp(maxBytes / 8, LeastWalBytes, MaxWalBytes);
            Configure(connection.Handle!, maxBytes, walBytes, sink);
            return new SpoolFile(path, connection, walBytes);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new SpoolFileException("open the file", e.SqliteErrorCode, e.Message);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Application id, version and sink of the file; zero and an empty name where it has none.</summary>
    public (long ApplicationId, long Version, string Sink) Identity()
    {
        using var sink = new SqlStatement(_database, "read the name of the sink", "SELECT value FROM state WHERE key = 'sink'");
        string name = sink.Step() ? sink.Text(0) : "";
        return (PragmaNumber("application_id"), PragmaNumber("user_version"), name);
    }

    /// <summary>Batches, samples, and the lowest and highest id; ids are 1 and 0 where there is none.</summary>
    public (long Batches, long Events, long FirstId, long LastId) Sums()
    {
        using var sums = new SqlStatement(
            _database, "read the index", "SELECT count(*), ifnull(sum(events), 0), ifnull(min(id), 1), ifnull(max(id), 0) FROM batches INDEXED BY batch_sizes");
        return sums.Step() ? (sums.Number(0), sums.Number(1), sums.Number(2), sums.Number(3)) : default;
    }

    /// <summary>Samples of the batches up to an id.</summary>
    public long EventsThrough(long id)
    {
        using var sum = new SqlStatement(_database, "read the index", "SELECT ifnull(sum(events), 0) FROM batches INDEXED BY batch_sizes WHERE id <= ?1");
        sum.Bind(1, id);
        return sum.Step() ? sum.Number(0) : 0;
    }

    /// <summary>Bytes that <paramref name="bytes"/> more take from the disk itself, what a deletion then needs included.</summary>
    public long DiskBytesFor(long bytes)
    {
        long free = PragmaNumber("freelist_count") * PageBytes;
        var journal = new FileInfo(Path + "-wal");
        long written = journal.Exists ? journal.Length : 0;
        return Math.Max(0, bytes - free) + Math.Max(0, (WalBytes / 2) + bytes - written) + (2 * PageBytes);
    }

    /// <summary>Bytes of the file that hold something.</summary>
    public long UsedBytes() => (PragmaNumber("page_count") - PragmaNumber("freelist_count")) * PageBytes;

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    /// <summary>Undoes an open transaction; some errors have undone it already.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_database) == 0)
        {
            _rollback.Run();
        }
    }

    public void Insert(long id, SampleBatch batch, OriginTable origins)
    {
        ReadOnlySpan<byte> ends = MemoryMarshal.AsBytes(batch.Ends);
        BatchStamp stamp = batch.Stamp;
        var row = new StoredBatch(
            0, (long)stamp.Origin.RunId, stamp.ClockOffsetNs, stamp.ObservedUnixNs, origins.BytesOf(stamp.Origin), ends, batch.Bytes);
        Insert(id, batch.Count, row, BatchChecksum.Of(row));
    }

    public void Insert(long id, long events, in StoredBatch row) => Insert(id, events, row, row.Checksum);

    /// <summary>Ids and numbers of samples of the batches behind <paramref name="afterId"/>, from the index.</summary>
    public void ReadSizes(long afterId, int limit, ICollection<(long Id, int Events)> sizes)
    {
        _sizes.Bind(1, afterId);
        _sizes.Bind(2, limit);
        while (_sizes.Step())
        {
            sizes.Add((_sizes.Number(0), (int)_sizes.Number(1)));
        }
    }

    /// <summary>The same from the rows themselves, from both ends up to what is damaged.</summary>
    public void ReadSizesFromRows(ICollection<(long Id, int Events)> sizes)
    {
        foreach (string order in (string[])["ASC", "DESC"])
        {
            try
            {
                using var rows = new SqlStatement(_database, "read the rows", "SELECT id, events FROM batches NOT INDEXED ORDER BY id " + order);
                while (rows.Step())
                {
                    sizes.Add((rows.Number(0), (int)rows.Number(1)));
                }
            }
            catch (SpoolFileException)
            {
                // Up to here; the other end may have more.
            }
        }
    }

    /// <summary>Finds a row; the spans live until <see cref="EndFind"/>. False when it is not there.</summary>
    public bool TryFind(long id, out StoredBatch row)
    {
        row = default;
        _find.Bind(1, id);
        if (!_find.Step())
        {
            return false;
        }

        row = new StoredBatch(
            (uint)_find.Number(0), _find.Number(1), _find.Number(2), _find.Number(3), _find.Blob(4), _find.Blob(5), _find.Blob(6));
        return true;
    }

    public void EndFind() => _find.Reset();

    public void DeleteThrough(long id)
    {
        _delete.Bind(1, id);
        _delete.Run();
    }

    public void SetState(string key, long value)
    {
        _setState.BindText(1, key);
        _setState.Bind(2, value);
        _setState.Run();
    }

    public long? GetState(string key)
    {
        using var get = new SqlStatement(_database, "read the state", "SELECT value FROM state WHERE key = ?1");
        get.BindText(1, key);
        return get.Step() ? get.Number(0) : null;
    }

    /// <summary>
    /// Commits wait for the disk from now on, or no longer. Without waiting, a power cut can cost the last transactions, never the file; the death of the process
    /// costs nothing either way.
    /// </summary>
    public void SetWaitForDisk(bool waits) => Execute(_database, waits ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");

    /// <summary>Gives unused disk back. Cheap only when nothing is in the file.</summary>
    public void Shrink()
    {
        Execute(_database, "VACUUM");
        Execute(_database, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public long PragmaNumber(string name)
    {
        using var pragma = new SqlStatement(_database, "read the file", "PRAGMA " + name);
        return pragma.Step() ? pragma.Number(0) : 0;
    }

    public void Dispose()
    {
        foreach (SqlStatement statement in _statements)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>What is spooled is plaintext of others: only the owner may read it. SQLite gives its journal the mode of the file.</summary>
    private static void CreatePrivately(string path)
    {
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            new FileStream(path, options).Dispose();
        }
    }

    private static void Configure(sqlite3 database, long maxBytes, long walBytes, string sink)
    {
        Execute(database, string.Create(CultureInfo.InvariantCulture, $"PRAGMA page_size = {PageBytes}"));
        // No other process may use it, which the lock of the directory ensures: so the journal's index is in memory and not in a file of its own.
        Execute(database, "PRAGMA locking_mode = EXCLUSIVE");
        Execute(database, "PRAGMA journal_mode = WAL");
        Execute(database, "PRAGMA synchronous = NORMAL");
        Execute(database, "PRAGMA cell_size_check = ON");
        Execute(database, "PRAGMA cache_size = -4096");
        Execute(database, string.Create(CultureInfo.InvariantCulture, $"PRAGMA wal_autocheckpoint = {Math.Max(1, walBytes / 2 / PageBytes)}"));
        Execute(database, string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_size_limit = {walBytes}"));
        Execute(database, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {Math.Max(16, (maxBytes - walBytes) / PageBytes)}"));
        CreateTables(database, sink);
    }

    private static void CreateTables(sqlite3 database, string sink)
    {
        using (var count = new SqlStatement(database, "read the file", "SELECT count(*) FROM sqlite_schema"))
        {
            if (!count.Step() || count.Number(0) != 0)
            {
                return;
            }
        }

        Execute(database, string.Create(CultureInfo.InvariantCulture, $"""
            BEGIN;
            PRAGMA application_id = {ApplicationId};
            PRAGMA user_version = {Version};
            CREATE TABLE state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
            CREATE TABLE batches (
                id INTEGER PRIMARY KEY, events INTEGER NOT NULL, bytes INTEGER NOT NULL, checksum INTEGER NOT NULL, run_id INTEGER NOT NULL,
                clock_offset_ns INTEGER NOT NULL, observed_unix_ns INTEGER NOT NULL, origin BLOB NOT NULL, ends BLOB NOT NULL, samples BLOB NOT NULL);
            CREATE INDEX batch_sizes ON batches (id, events, bytes);
            """));
        using (var name = new SqlStatement(database, "write the name of the sink", "INSERT INTO state VALUES ('sink', ?1)"))
        {
            name.BindText(1, sink);
            name.Run();
        }

        // All or nothing: a file that is cut off before this is empty.
        Execute(database, "COMMIT");
    }

    private static void Execute(sqlite3 database, string sql)
    {
        int code = raw.sqlite3_exec(database, sql);
        if (code != raw.SQLITE_OK)
        {
            throw new SpoolFileException("set up the file", code, raw.sqlite3_errmsg(database).utf8_to_string());
        }
    }

    private void Insert(long id, long events, in StoredBatch row, uint checksum)
    {
        _insert.Bind(1, id);
        _insert.Bind(2, events);
        _insert.Bind(3, row.Samples.Length);
        _insert.Bind(4, checksum);
        _insert.Bind(5, row.RunId);
        _insert.Bind(6, row.ClockOffsetNs);
        _insert.Bind(7, row.ObservedUnixNs);
        _insert.Bind(8, row.Origin);
        _insert.Bind(9, row.Ends);
        _insert.Bind(10, row.Samples);
        _insert.Run();
        _insert.Reset();
    }

    private SqlStatement Prepare(string step, string sql)
    {
        var statement = new SqlStatement(_database, step, sql);
        _statements.Add(statement);
        return statement;
    }
}
