// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Pipeline.Wire;
using Sluice.Probes.Offsets;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>
/// Gives each library layout a row of the map <c>tls_layouts</c>. The row's number travels as the cookie of the probes. Row 0 is the unknown
/// library. Used by one thread at a time.
/// </summary>
/// <param name="map">The programs' map.</param>
/// <param name="hasCookies">
/// False on kernels whose programs cannot tell one library from another: row 0 then stands for all of them, and holds what they have in common.
/// </param>
internal sealed class LayoutTable(BpfMap map, bool hasCookies)
{
    private readonly Dictionary<TlsLayoutEntry, uint> _rows = [];

    /// <summary>Row 0 without cookies; null before the first library.</summary>
    private TlsLayoutEntry? _common;

    /// <summary>The row for a library; written to the map when it is new, so before anything of that library is probed. 0 when the table is full: the library is then captured without its offsets.</summary>
    public uint RowFor(LibraryIdentity identity, TlsLayoutChoice? choice)
    {
        TlsLayoutEntry entry = EntryFor(identity.Library, choice?.Row);
        if (!hasCookies)
        {
            _common = FindCommon(_common ?? entry, entry);
            map.Update(0u, _common.Value);
            return 0;
        }

        if (_rows.TryGetValue(entry, out uint row))
        {
            return row;
        }

        row = (uint)_rows.Count + 1;
        if (row >= map.MaxEntries)
        {
            return 0;
        }

        map.Update(row, entry);
        _rows.Add(entry, row);
        return row;
    }

    internal static TlsLayoutEntry FindCommon(TlsLayoutEntry all, TlsLayoutEntry next) =>
        all == next ? all : new TlsLayoutEntry { Library = all.Library == next.Library ? all.Library : TlsLibrary.Unknown };

    private static TlsLayoutEntry EntryFor(TlsLibrary library, TlsLayoutRow? row) => row is null
        ? new TlsLayoutEntry { Library = library }
        : new TlsLayoutEntry
        {
            SslType = row.SslType,
            SslVersion = row.SslVersion,
            SslRbio = row.SslRbio,
            SslWbio = row.SslWbio,
            BioMethod = row.BioMethod,
            BioNum = row.BioNum,
            BioNextBio = row.BioNextBio,
            BioMethodType = row.BioMethodType,
            Library = library,
            Usable = 1,
        };
}
