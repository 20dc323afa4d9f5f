// SPDX-License-Identifier: Apache-2.0
using System;
using SQLitePCL;

namespace Sluice.Spool;

/// <summary>
/// A prepared statement that is used again and again. Microsoft.Data.Sqlite's commands take blobs as arrays only and make objects for each execution; the layer
/// below takes and gives spans.
/// </summary>
internal sealed class SqlStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly string _step;

    /// <param name="database">An open database.</param>
    /// <param name="step">What the statement does, for messages.</param>
    /// <param name="sql">One statement.</param>
    /// <exception cref="SpoolFileException">It cannot be prepared.</exception>
    public SqlStatement(sqlite3 database, string step, string sql)
    {
        _database = database;
        _step = step;
        int code = raw.sqlite3_prepare_v2(database, sql, out _statement);
        if (code != raw.SQLITE_OK)
        {
            throw Error(code);
        }
    }

    public void Bind(int index, long value) => _ = raw.sqlite3_bind_int64(_statement, index, value);

    /// <summary>SQLite copies the bytes.</summary>
    /// <exception cref="SpoolFileException">It has no memory for that.</exception>
    public void Bind(int index, ReadOnlySpan<byte> value)
    {
        int code = raw.sqlite3_bind_blob(_statement, index, value);
        if (code != raw.SQLITE_OK)
        {
            throw Error(code);
        }
    }

    public void BindText(int index, string value) => _ = raw.sqlite3_bind_text(_statement, index, value);

    /// <summary>Goes on to the next row; false when there is none, and the statement is then ready for its next use.</summary>
    /// <exception cref="SpoolFileException">It failed; the statement is ready for its next use.</exception>
    public bool Step()
    {
        int code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        SpoolFileException? error = code == raw.SQLITE_DONE ? null : Error(code);
        Reset();
        return error is null ? false : throw error;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    /// <exception cref="SpoolFileException">It failed.</exception>
    public void Run()
    {
        while (Step())
        {
        }
    }

    public void Reset()
    {
        _ = raw.sqlite3_reset(_statement);
        _ = raw.sqlite3_clear_bindings(_statement);
    }

    public long Number(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Valid until the next call of <see cref="Step"/> or <see cref="Reset"/>.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    public void Dispose() => _statement.Dispose();

    private SpoolFileException Error(int code) => new(_step, code, raw.sqlite3_errmsg(_database).utf8_to_string());
}
