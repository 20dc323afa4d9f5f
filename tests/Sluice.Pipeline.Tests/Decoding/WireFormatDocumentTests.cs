// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Decoding;

public sealed partial class WireFormatDocumentTests
{
    [Fact]
    public void Document_FieldTables_AreTheStructs()
    {
        string text = File.ReadAllText(RepositoryFile.PathOf("docs/specs/wire-format.md"));

        IEnumerable<string> documented = TableRow().Matches(text).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}");

        Assert.Equal([.. Fields<EventHeader>(), .. Fields<TlsDataHeader>(), .. Fields<CaptureLossHeader>(), .. Fields<ConnectionHeader>()], documented);
    }

    /// <summary>Offset and name of every field but the common header.</summary>
    private static IEnumerable<string> Fields<T>() =>
        typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public)
            .Where(field => field.FieldType != typeof(EventHeader))
            .Select(field => string.Create(
                CultureInfo.InvariantCulture,
                $"{Marshal.OffsetOf<T>(field.Name)} {JsonNamingPolicy.SnakeCaseLower.ConvertName(field.Name)}"));

    [GeneratedRegex(@"^\| (\d+) \| \d+ \| `([a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
