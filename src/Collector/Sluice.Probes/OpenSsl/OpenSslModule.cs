// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Engine;

namespace Sluice.Probes.OpenSsl;

/// <summary>Taps the plaintext of every process that uses OpenSSL or a library with its API: module <c>tls</c>.</summary>
public sealed class OpenSslModule : CaptureModule
{
    /// <param name="logger">Told which libraries are tapped and which cannot be.</param>
    public OpenSslModule(ILogger logger)
        : base("tls", ModuleBytecode.OpenSsl, logger)
    {
    }

    private protected override ModuleDeclaration Declare(ModuleSetting setting)
    {
        var choice = ProgramChoice.Make(setting.Options.Without, setting.Bytecode);
        return new ModuleDeclaration(OpenSslDeclaration.For(setting, choice.Programs))
        {
            ScratchPerCpu = OpenSslDeclaration.ScratchFor(setting, choice.Programs),
            Choices = choice.Outcomes,
            Targets = session => new OpenSslTargets(session, choice.Programs, setting.Options, Logger),
        };
    }

    private protected override void OnChosen(PlanOutcome plan)
    {
        if (plan.Plan != OpenSslDeclaration.SocketPlan)
        {
            return;
        }

        string reasons = string.Join(" | ", plan.Refusals);
        if (plan.Chosen is null)
        {
            OpenSslLog.NestedSocketsUnavailable(Logger, reasons);
        }
        else if (plan.Refusals.Count > 0)
        {
            OpenSslLog.SocketTracepointsMissing(Logger, reasons);
        }
    }
}
