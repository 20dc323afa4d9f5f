// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Features;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Connections;

/// <summary>Reports every TCP connection's and UDP flow's start and end, with its process and its bytes: module <c>connections</c>.</summary>
/// <remarks>What was there before is reported at its end only. Where the kernel offers no way to follow UDP there is a warning, and TCP alone is followed.</remarks>
public sealed class ConnectionsModule : CaptureModule
{
    /// <param name="logger">Told how connections are followed on this kernel.</param>
    public ConnectionsModule(ILogger logger)
        : base("connections", ModuleBytecode.Connections, logger)
    {
    }

    private protected override ModuleDeclaration Declare(ModuleSetting setting)
    {
        FeatureProbe modern = ModernPrograms.Try(setting.Options.Without, setting.Bytecode);
        ProgramFlavour flavour = ModernPrograms.FlavourOf(modern);
        return new ModuleDeclaration(ConnectionsDeclaration.For(
            setting.Bytecode, flavour, Probes.Bytecode.Read(setting.Bytecode.FileName), UdpFlows.RootCgroup, setting.Options.UdpIdle))
        {
            Reads = KernelProof.All,
            Choices = [ModernPrograms.Describe(modern)],
            Targets = session => UdpFlows.TryOpen(session, flavour, setting.Options, Logger),
        };
    }
}
