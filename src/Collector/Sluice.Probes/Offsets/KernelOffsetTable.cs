// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using Sluice.Bpf.Features;

namespace Sluice.Probes.Offsets;

/// <summary>
/// Offsets inside the structures of known kernels, for bytecode without CO-RE. Kernels of one line differ by their configuration and even by their patch
/// level, so a row is only a guess until <see cref="KernelOffsetTrial"/> has tried it. Immutable.
/// </summary>
public sealed class KernelOffsetTable
{
    private const string Name = "kernel.tsv";
    private const string Unknown = "-";

    /// <summary>Columns before the offsets: machine, version, configuration, source.</summary>
    private const int DescribingColumns = 4;

    private static readonly Lazy<KernelOffsetTable> s_builtIn = new(ReadBuiltIn);

    private KernelOffsetTable(IReadOnlyList<string> fields, IReadOnlyList<KernelOffsetRow> rows)
    {
        Fields = fields;
        Rows = rows;
    }

    /// <summary>The table of bpf/offsets, as it was when this assembly was built.</summary>
    public static KernelOffsetTable BuiltIn => s_builtIn.Value;

    /// <summary>The fields in the order of the programs' struct.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Every row, in the file's order.</summary>
    public IReadOnlyList<KernelOffsetRow> Rows { get; }

    /// <summary>The machine's rows, the likeliest first: those of the kernel's own line, then those of the nearest ones.</summary>
    public IReadOnlyList<KernelOffsetRow> CandidatesFor(string machine, KernelVersion kernel) =>
        [.. Rows.Where(row => row.Machine == machine).OrderBy(row => Distance(row.Version, kernel))];

    /// <summary>Reads a table.</summary>
    /// <exception cref="InvalidDataException">A line is too short, or a value is not a number; names the line.</exception>
    public static KernelOffsetTable Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        string[] columns = reader.ReadLine()?.Split('\t') ?? throw new InvalidDataException($"{Name}: the table is empty.");
        List<KernelOffsetRow> rows = [];
        for (int line = 2; reader.ReadLine() is { } text; line++)
        {
            rows.Add(ReadRow(text.Split('\t'), columns.Length, line));
        }

        return new KernelOffsetTable(columns[DescribingColumns..], rows);
    }

    private static KernelOffsetRow ReadRow(string[] cells, int columnCount, int line)
    {
        if (cells.Length != columnCount || !KernelVersion.TryParse(cells[1], out KernelVersion version))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{Name}, line {line}: not a row of this table."));
        }

        byte[] value = new byte[(columnCount - DescribingColumns) * sizeof(uint)];
        for (int i = DescribingColumns; i < columnCount; i++)
        {
            // A field that the kernel lacks: reads at this distance fault, which the programs take as "not there".
            uint offset = uint.MaxValue;
            if (cells[i] != Unknown && !uint.TryParse(cells[i], NumberStyles.None, CultureInfo.InvariantCulture, out offset))
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{Name}, line {line}: '{cells[i]}' is no offset."));
            }

            BinaryPrimitives.WriteUInt32LittleEndian(value.AsSpan((i - DescribingColumns) * sizeof(uint)), offset);
        }

        return new KernelOffsetRow(cells[0], version, cells[2], value);
    }

    /// <summary>Lines of one major version are nearer to each other than to any other.</summary>
    private static int Distance(KernelVersion row, KernelVersion kernel) => Math.Abs((row.Major - kernel.Major) * 100 + (row.Minor - kernel.Minor));

    private static KernelOffsetTable ReadBuiltIn()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("offsets/" + Name)
            ?? throw new InvalidDataException($"{Name}: the table is missing from this build.");
        using StreamReader reader = new(stream);
        return Read(reader);
    }
}
