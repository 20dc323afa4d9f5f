// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace Sluice.Architecture.Tests;

public sealed partial class SourceFileTests
{
    private const string CSharpHead = "// SPDX-License-Identifier: Apache-2.0";
    private const string BpfHead = "SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)";

    public static TheoryData<string> SourceFolders => ["src", "tests", "bench"];

    [Theory]
    [MemberData(nameof(SourceFolders))]
    public void CSharpFiles_OfTheRepository_StartWithTheirLicense(string folder)
    {
        IReadOnlyList<string> files = RepositoryFiles.Below(folder, ".cs");

        Assert.NotEmpty(files);
        AssertNone(files.Where(static file => !RepositoryFiles.Read(file).StartsWith(CSharpHead + "\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void BpfPrograms_ThatTheKernelMustAccept_StartWithTheirDualLicense()
    {
        IReadOnlyList<string> files = RepositoryFiles.Below("bpf", ".c", ".h");

        Assert.NotEmpty(files);
        AssertNone(files.Where(static file => !FirstLine(RepositoryFiles.Read(file)).Contains(BpfHead, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(SourceFolders))]
    public void CSharpFiles_OfTheRepository_HoldOneTypeEach(string folder)
    {
        IEnumerable<string> crowded = RepositoryFiles.Below(folder, ".cs")
            .Select(static file => (File: file, Types: TopLevelTypes(RepositoryFiles.Read(file))))
            .Where(static entry => entry.Types.Count > 1)
            .Select(static entry => $"{entry.File}: {string.Join(", ", entry.Types)}");

        AssertNone(crowded);
    }

    [Fact]
    public void SourceFiles_WithAType_AreNamedAfterIt()
    {
        // Partial types are split by aspect: PerfRing.cs, PerfRing.Debug.cs.
        IEnumerable<string> misnamed = RepositoryFiles.Below("src", ".cs")
            .Select(static file => (File: file, Types: TopLevelTypes(RepositoryFiles.Read(file))))
            .Where(static entry => entry.Types.Count == 1 && Path.GetFileName(entry.File).Split('.', '{')[0] != entry.Types[0])
            .Select(static entry => $"{entry.File}: {entry.Types[0]}");

        AssertNone(misnamed);
    }

    [Fact]
    public void TypeScan_OnKnownText_FindsEachKindOfType()
    {
        const string source = """
            namespace A;

            public sealed class First<T> : B
            {
                private sealed class Nested;
            }

            internal readonly ref partial struct Second;
            public record struct Third(int X);
            [InlineArray(4)]
            public struct Buffer4
            {
            }

            file static class Fourth;
            internal enum Fifth : byte { }
            public delegate void Sixth(int x);
            public unsafe interface ISeventh;
            """;

        Assert.Equal(["First", "Second", "Third", "Fourth", "Fifth", "Sixth", "ISeventh"], TopLevelTypes(source));
    }

    [Fact]
    public void CSharpFiles_OfTheSource_UseFileScopedNamespaces()
    {
        // The scan for types relies on it: what is at the start of a line is at the top level.
        AssertNone(RepositoryFiles.Below("src", ".cs").Where(static file => BlockNamespace().IsMatch(RepositoryFiles.Read(file))));
    }

    /// <summary>Fails with all offenders, one per line: whoever has to mend them wants the whole list.</summary>
    private static void AssertNone(IEnumerable<string> offenders) => Assert.Equal(string.Empty, string.Join('\n', offenders));

    /// <summary>Names of the top-level types; inline arrays, which are parts of the wire struct beside them, are left out.</summary>
    private static List<string> TopLevelTypes(string source) =>
        [.. TopLevelType().Matches(source).Where(static match => !match.Groups["inline"].Success).Select(static match => match.Groups["name"].Value)];

    private static string FirstLine(string text) => text.Split('\n', 2)[0];

    [GeneratedRegex(
        @"^(?<inline>\[InlineArray\([^\n]*\n(?:\[[^\n]*\n)*)?(?:(?:public|internal|file|sealed|static|abstract|readonly|ref|partial|unsafe|new)[ ]+)*(?:class|struct|interface|enum|record(?:[ ]+(?:class|struct))?|delegate[ ]+[^\s(]+)[ ]+(?<name>\w+)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TopLevelType();

    [GeneratedRegex(@"^namespace [\w.]+\s*\{", RegexOptions.Multiline)]
    private static partial Regex BlockNamespace();
}
