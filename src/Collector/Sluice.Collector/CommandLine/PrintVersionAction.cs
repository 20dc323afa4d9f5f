// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Invocation;

namespace Sluice.Collector.CommandLine;

/// <summary><c>--version</c>: one line, the name and the number.</summary>
internal sealed class PrintVersionAction : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine("sluice " + ProductVersion.Text);
        return (int)ExitCode.Done;
    }
}
