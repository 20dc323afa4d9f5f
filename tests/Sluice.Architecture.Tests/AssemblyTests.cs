// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Sluice.Architecture.Tests;

public sealed class AssemblyTests
{
    private const string Libbpf = "libbpf";
    private const string Libc = "libc";
    private const string Librdkafka = "librdkafka";

    public static TheoryData<string> Libraries =>
        [.. ProjectFile.Below("src").Select(static project => project.Name).Where(static name => name != LayerRules.Collector)];

    public static TheoryData<string> Assemblies => [.. Libraries, LayerRules.CollectorAssembly];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Assembly_InALayer_UsesOnlyTheLayersBelow(string name)
    {
        using var assembly = new AssemblyFile(name);
        IEnumerable<string> ours = assembly.References.Where(static reference => reference.StartsWith("Sluice.", StringComparison.Ordinal));

        Assert.Empty(ours.Except(LayerRules.AllowedProjects(name)));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Assembly_InALayer_UsesOnlyTheFrameworkItsClientAndAbstractions(string name)
    {
        using var assembly = new AssemblyFile(name);
        IEnumerable<string> foreign = assembly.References
            .Where(static reference => !reference.StartsWith("Sluice.", StringComparison.Ordinal) && !AssemblyFile.IsFramework(reference))
            .Except(LayerRules.AllowedPackages(name));

        Assert.Empty(name == LayerRules.Bpf ? foreign : foreign.Where(static reference => !LayerRules.IsAbstraction(reference)));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_WithPInvoke_IsTheOneThatOwnsTheLibrary(string name)
    {
        using var assembly = new AssemblyFile(name);
        string[] allowed = OwnedLibraries(name);

        Assert.All(assembly.NativeLibraries, library => Assert.Contains(allowed, owned => IsLibrary(library, owned)));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_ThatLoadsNativeCodeByHand_IsOneThatOwnsALibrary(string name)
    {
        using var assembly = new AssemblyFile(name);

        // NativeLibrary would be the way around the rule above.
        Assert.True(OwnedLibraries(name).Length != 0 || !assembly.ForeignTypes.Contains("System.Runtime.InteropServices.NativeLibrary"));
    }

    [Fact]
    public void KernelLibrary_AsBuilt_CallsLibbpfAndLibc()
    {
        // Guards the tests above: were the scan blind, they would all pass.
        using var assembly = new AssemblyFile(LayerRules.Bpf);

        Assert.Contains(assembly.NativeLibraries, static library => IsLibrary(library, Libbpf));
        Assert.Contains(assembly.NativeLibraries, static library => IsLibrary(library, Libc));
    }

    private static string[] OwnedLibraries(string assembly) => assembly switch
    {
        LayerRules.Bpf => [Libbpf, Libc],
        LayerRules.KafkaSink => [Librdkafka],
        _ => [],
    };

    private static bool IsLibrary(string import, string library) =>
        import == library || import.StartsWith(library + ".", StringComparison.Ordinal);
}
