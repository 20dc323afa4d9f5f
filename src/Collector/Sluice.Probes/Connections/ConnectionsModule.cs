// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Features;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Connections;

/// <summary>Reports every TCP connection's start and end, with its process and its bytes: module <c>connections</c>.</summary>
/// <remarks>Connections that were there before are reported at their end only.</remarks>
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
        return new ModuleDeclaration(
            ConnectionsDeclaration.For(setting.Bytecode, ModernPrograms.FlavourOf(modern), Probes.Bytecode.Read(setting.Bytecode.FileName)))
        {
            Reads = KernelProof.All,
            Choices = [ModernPrograms.Describe(modern)],
        };
    }
}
