// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using Sluice.Pipeline.Wire;

namespace Sluice.Probes.Offsets;

/// <summary>The layouts of all known library builds. Immutable.</summary>
public sealed class TlsLayoutTable
{
    private static readonly Lazy<TlsLayoutTable> s_builtIn = new(ReadBuiltIn);

    private readonly List<TlsLayoutRow> _rows;

    /// <param name="rows">In any order; ranges of one library must not overlap.</param>
    public TlsLayoutTable(IEnumerable<TlsLayoutRow> rows)
    {
        _rows = [.. rows.OrderBy(static row => row.FirstVersion)];
    }

    /// <summary>The tables of bpf/offsets, as they were when this assembly was built.</summary>
    public static TlsLayoutTable BuiltIn => s_builtIn.Value;

    /// <summary>Every row, oldest version first.</summary>
    public IReadOnlyList<TlsLayoutRow> Rows => _rows;

    /// <summary>Chooses the row for a library; see bpf/offsets/README.md for the rules.</summary>
    /// <returns>Null when no row of the version's release line can apply.</returns>
    public TlsLayoutChoice? Choose(TlsLibrary library, LibraryVersion version)
    {
        TlsLayoutRow? best = null;
        foreach (TlsLayoutRow row in _rows)
        {
            if (row.Library == library && row.FirstVersion.IsQuicTls == version.IsQuicTls
                && row.FirstVersion.Line == version.Line && row.FirstVersion <= version)
            {
                best = row;
            }
        }

        return best is null ? null : new TlsLayoutChoice(best, IsMeasured: version <= best.LastVersion);
    }

    /// <summary>Reads one table.</summary>
    /// <param name="reader">Tab-separated text with a header line; columns are found by name, others are left alone.</param>
    /// <param name="library">Whose table it is.</param>
    /// <param name="name">What messages call the table.</param>
    /// <exception cref="InvalidDataException">A column is missing or a value is not a number; names table and line.</exception>
    public static IReadOnlyList<TlsLayoutRow> Read(TextReader reader, TlsLibrary library, string name)
    {
        ArgumentNullException.ThrowIfNull(reader);
        string[] columns = reader.ReadLine()?.Split('\t') ?? throw new InvalidDataException($"{name}: the table is empty.");
        var rows = new List<TlsLayoutRow>();
        int lineNumber = 1;
        while (reader.ReadLine() is { } line)
        {
            lineNumber++;
            if (line.Length > 0)
            {
                rows.Add(new RowReader(name, lineNumber, columns, line.Split('\t')).Read(library));
            }
        }

        return rows;
    }

    private static TlsLayoutTable ReadBuiltIn()
    {
        var rows = new List<TlsLayoutRow>();
        rows.AddRange(ReadResource("openssl.tsv", TlsLibrary.OpenSsl));
        rows.AddRange(ReadResource("quictls.tsv", TlsLibrary.OpenSsl));
        rows.AddRange(ReadResource("libressl.tsv", TlsLibrary.LibreSsl));
        return new TlsLayoutTable(rows);
    }

    private static IReadOnlyList<TlsLayoutRow> ReadResource(string name, TlsLibrary library)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"offsets/{name}")
            ?? throw new InvalidDataException($"{name}: the table is missing from this build.");
        using var reader = new StreamReader(stream);
        return Read(reader, library, name);
    }

    /// <summary>One line, its fields found by column name.</summary>
    private readonly ref struct RowReader(string table, int lineNumber, string[] columns, string[] fields)
    {
        internal TlsLayoutRow Read(TlsLibrary library) => new()
        {
            Library = library,
            FirstVersion = Version("first_version"),
            LastVersion = Version("last_version"),
            SslType = OptionalOffset("ssl_type"),
            SslVersion = Offset("ssl_version"),
            SslRbio = Offset("ssl_rbio"),
            SslWbio = Offset("ssl_wbio"),
            BioMethod = Offset("bio_method"),
            BioNum = Offset("bio_num"),
            BioNextBio = Offset("bio_next_bio"),
            BioMethodType = Offset("bio_method_type"),
        };

        private LibraryVersion Version(string column) =>
            LibraryVersion.TryParse(Field(column), out LibraryVersion version) ? version : throw Bad(column, "is not a version");

        /// <summary>A column that the tables of some libraries do not have.</summary>
        private int OptionalOffset(string column) => Array.IndexOf(columns, column) < 0 ? TlsLayoutRow.Unknown : Offset(column);

        private int Offset(string column)
        {
            string field = Field(column);
            return field == "-" ? TlsLayoutRow.Unknown
                : int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int offset) ? offset
                : throw Bad(column, "is not an offset");
        }

        private string Field(string column)
        {
            int index = Array.IndexOf(columns, column);
            return index < 0 ? throw new InvalidDataException($"{table}: has no column '{column}'.")
                : index < fields.Length ? fields[index]
                : throw Bad(column, "is missing");
        }

        private InvalidDataException Bad(string column, string problem) => new($"{table}, line {lineNumber}: '{column}' {problem}.");
    }
}
