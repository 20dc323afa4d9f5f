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

        // The loss fields have a section of their own at the end; encoders write them before a body that such events do not have.
        Assert.Equal(EventFields.Names.OrderBy(IsLossField), documented);
    }

    private static bool IsLossField(string name) => name.StartsWith("sluice.loss.", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| `([a-z_.0-9]+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
