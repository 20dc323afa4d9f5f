// SPDX-License-Identifier: Apache-2.0
using System;
using SQLitePCL;

namespace Sluice.Spool;

/// <summary>A call of SQLite failed.</summary>
internal sealed class SpoolFileException : Exception
{
    public SpoolFileException(string step, int code, string reason)
        : base($"{step}: {reason}") => Code = code & 0xff;

    /// <summary>SQLite's primary result code.</summary>
    public int Code { get; }

    /// <summary>True when the file is not what SQLite has written.</summary>
    public bool IsDamage => Code is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>True when the disk or the limit has no more room.</summary>
    public bool IsFull => Code == raw.SQLITE_FULL;
}
