// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;

namespace Sluice.Architecture.Tests;

/// <summary>What a project file says that it depends on.</summary>
internal sealed class ProjectFile
{
    private readonly XDocument _xml;

    private ProjectFile(string path)
    {
        RelativePath = path;
        _xml = XDocument.Parse(RepositoryFiles.Read(path));
    }

    public string RelativePath { get; }

    public string Name => Path.GetFileNameWithoutExtension(RelativePath);

    public IEnumerable<string> ProjectReferences =>
        Items("ProjectReference").Select(static item => Path.GetFileNameWithoutExtension(Include(item).Split('/', '\\')[^1]));

    public IEnumerable<string> PackageReferences => Items("PackageReference").Select(Include);

    public IEnumerable<XElement> Items(string kind) => _xml.Descendants(kind);

    public static IReadOnlyList<ProjectFile> Below(string folder) =>
        [.. RepositoryFiles.Below(folder, ".csproj").Select(static path => new ProjectFile(path))];

    public string? Property(string name) => _xml.Descendants(name).LastOrDefault()?.Value;

    private static string Include(XElement item) => (string?)item.Attribute("Include") ?? string.Empty;
}
