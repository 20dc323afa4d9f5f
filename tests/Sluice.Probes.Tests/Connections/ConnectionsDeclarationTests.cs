// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Text;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Selection;
using Sluice.Probes.Connections;
using Xunit;

namespace Sluice.Probes.Tests.Connections;

/// <summary>What the module tells the engine, against the objects that are in the assembly.</summary>
public sealed class ConnectionsDeclarationTests
{
    public static TheoryData<string, bool> Variants => new()
    {
        { "connections_kern_core.o", false },
        { "connections_kern_noncore.o", false },
        { "connections_kern_core_less52.o", true },
        { "connections_kern_noncore_less52.o", true },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Plan_OfEachVariant_NamesOnlyProgramsThatItsObjectHas(string fileName, bool isLess52)
    {
        foreach (ProgramFlavour flavour in isLess52 ? [ProgramFlavour.Plain] : new[] { ProgramFlavour.Modern, ProgramFlavour.Plain })
        {
            foreach (string machine in new[] { "x86", "arm64" })
            {
                byte[] bytes = Bytecode.Read(machine, fileName);
                BpfDeclaration declaration = Declare(fileName, isLess52, flavour, bytes);

                var probes = declaration.Probes.ToDictionary(probe => probe.Id);
                Assert.All(
                    declaration.ActivatedProbes.Where(plan => !isLess52 || plan.Name != "udp").SelectMany(plan => plan.Alternatives).SelectMany(alternative => alternative.Probes),
                    id => Assert.True(HasSymbol(bytes, probes[id].Program), $"{machine}/{fileName} has no program {probes[id].Program}"));
                Assert.All(declaration.Programs, program => Assert.True(HasSymbol(bytes, program), $"{machine}/{fileName} has no program {program}"));
            }
        }
    }

    [Fact]
    public void Plan_EveryAlternative_AttachesTheStatesFirst() =>
        Assert.All(ConnectionsDeclaration.TcpPlan(isLess52: false).Alternatives, alternative => Assert.Equal("tcp_by_packet", alternative.Probes[0]));

    [Fact]
    public void Plan_Always_PrefersWhatSeesMost()
    {
        Assert.Equal(["fentry", "kprobe", "tracepoint", "raw_tp"], ConnectionsDeclaration.TcpPlan(isLess52: false).Alternatives.Select(a => a.Name));
        Assert.Equal(["kprobe", "tracepoint", "raw_tp"], ConnectionsDeclaration.TcpPlan(isLess52: true).Alternatives.Select(a => a.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Copies_OfEachFlavour_AreTheProgramsThatAreThereThreeTimes(bool isPlain)
    {
        BpfDeclaration declaration = Declare("x", isLess52: false, isPlain ? ProgramFlavour.Plain : ProgramFlavour.Modern, new byte[1]);
        string suffix = isPlain ? "_plain" : "";

        Assert.Contains(declaration.Copies, copies => copies.SequenceEqual(["tcp_by_packet" + suffix, "tcp_by_packet_2" + suffix, "tcp_by_packet_3" + suffix]));
        Assert.Equal(
            declaration.Probes.Select(probe => probe.Program).Where(program => program.Contains("_2", StringComparison.Ordinal) || program.Contains("_3", StringComparison.Ordinal)).Order(),
            declaration.Copies.SelectMany(copies => copies.Skip(1)).Order());
    }

    [Fact]
    public void UdpPlan_OfObjectsForOldKernels_IsOptionalAndHasNoPrograms()
    {
        byte[] bytes = Bytecode.Read("x86", "connections_kern_core_less52.o");
        BpfDeclaration declaration = Declare("connections_kern_core_less52.o", isLess52: true, ProgramFlavour.Plain, bytes);
        var probes = declaration.Probes.ToDictionary(probe => probe.Id);

        AttachPlan plan = Assert.Single(declaration.ActivatedProbes, plan => plan.Name == "udp");
        Assert.True(plan.IsOptional);
        Assert.All(plan.Alternatives, alternative => Assert.Contains(alternative.Probes, id => !HasSymbol(bytes, probes[id].Program)));
        Assert.Empty(declaration.ConstantEditors);
    }

    [Fact]
    public void UdpPlan_EveryAlternative_CountsByTheSamePrograms()
    {
        AttachPlan plan = ConnectionsDeclaration.UdpPlan(ProgramFlavour.Modern);

        Assert.Equal(["socket-tracepoints", "fentry", "kprobe", "cgroup"], plan.Alternatives.Select(alternative => alternative.Name));
        Assert.Equal(["udp_end"], plan.Programs);
        Assert.All(plan.Alternatives, alternative => Assert.Equal(plan.Alternatives[^1].Probes, alternative.Probes.Take(plan.Alternatives[^1].Probes.Count)));
    }

    private static BpfDeclaration Declare(string fileName, bool isLess52, ProgramFlavour flavour, byte[] bytes) =>
        ConnectionsDeclaration.For(Choice(fileName, isLess52), flavour, bytes, "/sys/fs/cgroup", CaptureOptions.DefaultUdpIdle);

    private static BytecodeChoice Choice(string fileName, bool isLess52) => new(fileName, false, isLess52, [], []);

    private static bool HasSymbol(byte[] elf, string name) => elf.AsSpan().IndexOf(Encoding.ASCII.GetBytes('\0' + name + '\0')) >= 0;
}
