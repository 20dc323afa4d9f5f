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
internal sealed class LayoutTable(BpfMap map)
{
    private readonly Dictionary<TlsLayoutEntry, uint> _rows = [];

    /// <summary>The row for a library; written to the map when it is new. 0 when the table is full: the library is then captured without its offsets.</summary>
    public uint RowFor(LibraryIdentity identity, TlsLayoutChoice? choice)
    {
        TlsLayoutEntry entry = EntryFor(identity.Library, choice?.Row);
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
