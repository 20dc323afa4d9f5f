// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed partial class EventSchemaDocumentTests
{
    [Fact]
    public void Document_FieldTables_HaveEveryFieldInTheOrderOfTheEncoders()
    {
        string text = File.ReadAllText(RepositoryFile.PathOf("docs/event-schema.md"));
        string[] documented = [.. TableRow().Matches(text).Select(match => match.Groups[1].Value)];

        // Connections and losses have sections of their own behind that of TLS; encoders write their fields before a body that such events do not have.
        Assert.Equal(EventFields.Names.OrderBy(Section), documented);
    }

    private static int Section(string name) => name switch
    {
        _ when name.StartsWith("sluice.loss.", StringComparison.Ordinal) => 2,
        "sluice.connection.id" => 0,
        "error.type" or "sluice.duration_ns" => 1,
        _ when name.StartsWith("sluice.connection.", StringComparison.Ordinal) => 1,
        _ when name.StartsWith("sluice.bytes.", StringComparison.Ordinal) || name.StartsWith("sluice.packets.", StringComparison.Ordinal) => 1,
        _ => 0,
    };

    [GeneratedRegex(@"^\| `([a-z_.0-9]+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
