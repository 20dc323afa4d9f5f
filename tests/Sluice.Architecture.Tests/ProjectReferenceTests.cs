// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Sluice.Architecture.Tests;

public sealed class ProjectReferenceTests
{
    public static TheoryData<string> LibraryProjects =>
        [.. ProjectFile.Below("src").Select(static project => project.Name).Where(static name => name != LayerRules.Collector)];

    public static TheoryData<string> AllProjects => [.. AllProjectFiles().Select(static project => project.RelativePath)];

    [Theory]
    [MemberData(nameof(LibraryProjects))]
    public void Project_InALayer_ReferencesOnlyTheLayersBelow(string name)
    {
        ProjectFile project = ProjectFile.Below("src").Single(file => file.Name == name);

        Assert.Empty(project.ProjectReferences.Except(LayerRules.AllowedProjects(name)));
    }

    [Theory]
    [MemberData(nameof(LibraryProjects))]
    public void Project_InALayer_UsesOnlyItsOwnClientAndAbstractions(string name)
    {
        ProjectFile project = ProjectFile.Below("src").Single(file => file.Name == name);
        IEnumerable<string> foreign = project.PackageReferences.Except(LayerRules.AllowedPackages(name));

        Assert.Empty(name == LayerRules.Bpf ? foreign : foreign.Where(static package => !LayerRules.IsAbstraction(package)));
    }

    [Fact]
    public void Collector_AsCompositionRoot_ReferencesEveryOtherProject()
    {
        ProjectFile collector = ProjectFile.Below("src").Single(static file => file.Name == LayerRules.Collector);
        IEnumerable<string> others = ProjectFile.Below("src").Select(static file => file.Name).Where(static name => name != LayerRules.Collector);

        Assert.Empty(others.Except(collector.ProjectReferences));
    }

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Project_WithPackages_TakesTheirVersionsFromTheCentralFile(string path)
    {
        ProjectFile project = AllProjectFiles().Single(file => file.RelativePath == path);

        Assert.DoesNotContain(project.Items("PackageReference"), static item =>
            item.Attribute("Version") is not null || item.Attribute("VersionOverride") is not null || item.Element("Version") is not null);
        Assert.Empty(project.Items("PackageVersion"));
    }

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void Project_OfThisRepository_KeepsTheCommonStrictness(string path)
    {
        ProjectFile project = AllProjectFiles().Single(file => file.RelativePath == path);

        Assert.Null(project.Property("TreatWarningsAsErrors"));
        Assert.Null(project.Property("Nullable"));
        Assert.Null(project.Property("ManagePackageVersionsCentrally"));
    }

    private static IEnumerable<ProjectFile> AllProjectFiles() => new[] { "src", "tests", "bench" }.SelectMany(ProjectFile.Below);
}
