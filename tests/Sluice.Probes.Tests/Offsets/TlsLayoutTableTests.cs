// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Wire;
using Sluice.Probes.Offsets;
using Xunit;

namespace Sluice.Probes.Tests.Offsets;

public class TlsLayoutTableTests
{
    private const string Header =
        "first_version\tlast_version\tssl_version\tssl_rbio\tssl_wbio\tbio_method\tbio_num\tbio_next_bio\tbio_method_type\tother";

    [Theory]
    [InlineData(TlsLibrary.OpenSsl, "1.0.1", "1.0.1..1.0.1u", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.0.2u", "1.0.2..1.0.2u", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1", "1.1.1", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1a", "1.1.1a", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1i", "1.1.1d..1.1.1i", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1w", "1.1.1j..1.1.1w", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1za", "1.1.1j..1.1.1w", false)]
    [InlineData(TlsLibrary.OpenSsl, "3.0.19", "3.0.0..3.0.22", true)]
    [InlineData(TlsLibrary.OpenSsl, "3.0.30", "3.0.0..3.0.22", false)]
    [InlineData(TlsLibrary.OpenSsl, "3.2.3", "3.2.3", true)]
    [InlineData(TlsLibrary.OpenSsl, "3.2.7", "3.2.4..3.2.6", false)]
    [InlineData(TlsLibrary.OpenSsl, "3.6.5", "3.6.0..3.6.3", false)]
    [InlineData(TlsLibrary.OpenSsl, "4.0.1", "4.0.0..4.0.1", true)]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1w+quic", "1.1.1j+quic..1.1.1w+quic", true)]
    [InlineData(TlsLibrary.OpenSsl, "3.0.16+quic", "3.0.0+quic..3.0.15+quic", false)]
    [InlineData(TlsLibrary.LibreSsl, "3.8.2", "3.8.0..3.8.4", true)]
    [InlineData(TlsLibrary.LibreSsl, "2.2.5", "2.2.0..2.2.1", false)]
    public void Choose_KnownLine_GivesTheRowAndSaysHowSure(TlsLibrary library, string version, string row, bool isMeasured)
    {
        TlsLayoutChoice? choice = TlsLayoutTable.BuiltIn.Choose(library, LibraryVersion.Parse(version));

        Assert.Equal(row, choice?.Row.ToString());
        Assert.Equal(isMeasured, choice?.IsMeasured);
    }

    [Theory]
    [InlineData(TlsLibrary.OpenSsl, "0.9.8zh")]
    [InlineData(TlsLibrary.OpenSsl, "1.1.2")]
    [InlineData(TlsLibrary.OpenSsl, "3.7.0")]
    [InlineData(TlsLibrary.OpenSsl, "4.1.0")]
    [InlineData(TlsLibrary.OpenSsl, "3.2.0+quic")]
    [InlineData(TlsLibrary.OpenSsl, "1.1.1g+quic")]
    [InlineData(TlsLibrary.LibreSsl, "5.0.0")]
    [InlineData(TlsLibrary.BoringSsl, "1.1.1")]
    [InlineData(TlsLibrary.Unknown, "3.0.0")]
    public void Choose_NoRowOfTheLine_GivesNone(TlsLibrary library, string version) =>
        Assert.Null(TlsLayoutTable.BuiltIn.Choose(library, LibraryVersion.Parse(version)));

    [Fact]
    public void BuiltIn_OpenSsl3_HasTheOffsetsThatWereComparedWithALiveSession()
    {
        TlsLayoutRow row = TlsLayoutTable.BuiltIn.Choose(TlsLibrary.OpenSsl, LibraryVersion.Parse("3.0.22"))!.Row;

        Assert.Equal(
            (TlsLayoutRow.Unknown, 0, 16, 24, 8, 56, 72, 0),
            (row.SslType, row.SslVersion, row.SslRbio, row.SslWbio, row.BioMethod, row.BioNum, row.BioNextBio, row.BioMethodType));
    }

    [Fact]
    public void BuiltIn_EveryRow_IsARangeWithinOneLineThatNoOtherOverlaps()
    {
        foreach (IGrouping<(TlsLibrary, bool, (int, int, int)), TlsLayoutRow> line in TlsLayoutTable.BuiltIn.Rows
            .GroupBy(static row => (row.Library, row.FirstVersion.IsQuicTls, row.FirstVersion.Line)))
        {
            TlsLayoutRow[] rows = [.. line];
            Assert.All(rows, static row => Assert.True(row.FirstVersion <= row.LastVersion && row.FirstVersion.Line == row.LastVersion.Line, row.ToString()));
            Assert.All(rows.Zip(rows.Skip(1)), static pair => Assert.True(pair.First.LastVersion < pair.Second.FirstVersion, pair.Second.ToString()));
        }
    }

    [Fact]
    public void Read_ColumnsInAnotherOrder_AreFoundByName()
    {
        var text = new StringReader("bio_num\tssl_type\t" + Header.Replace("\tbio_num", "", StringComparison.Ordinal) + "\n56\t0\t3.0.0\t3.0.9\t1\t16\t24\t8\t72\t-\tx\n");

        TlsLayoutRow row = Assert.Single(TlsLayoutTable.Read(text, TlsLibrary.OpenSsl, "test"));

        Assert.Equal((56, 0, 1, TlsLayoutRow.Unknown), (row.BioNum, row.SslType, row.SslVersion, row.BioMethodType));
    }

    [Theory]
    [InlineData("", "table is empty")]
    [InlineData("first_version\n3.0.0\n", "no column 'last_version'")]
    [InlineData(Header + "\n3.0.0\tx\t0\t0\t0\t0\t0\t0\t0\n", "line 2: 'last_version' is not a version")]
    [InlineData(Header + "\n3.0.0\t3.0.1\t0\t16\t0\t0\t0\t0\t0\n3.1.0\t3.1.0\t0\tsixteen\t0\t0\t0\t0\t0\n", "line 3: 'ssl_rbio' is not an offset")]
    [InlineData(Header + "\n3.0.0\t3.0.1\t0\t16\n", "'ssl_wbio' is missing")]
    public void Read_BrokenTable_SaysWhere(string text, string message)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => TlsLayoutTable.Read(new StringReader(text), TlsLibrary.OpenSsl, "test"));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith("test", exception.Message, StringComparison.Ordinal);
    }
}
