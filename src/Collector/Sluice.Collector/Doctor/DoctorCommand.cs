// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;

namespace Sluice.Collector.Doctor;

/// <summary><c>sluice doctor</c>: what this host allows, and what a capture would choose.</summary>
internal sealed class DoctorCommand : Command
{
    /// <param name="run">Does it; the argument says whether JSON is wanted.</param>
    public DoctorCommand(Func<bool, Task<ExitCode>> run)
        : base("doctor", "Says what this kernel, container and these libraries allow, and what would be chosen.")
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON object instead of text." };
        Add(json);
        SetAction(async (result, _) => (int)await run(result.GetValue(json)));
    }
}
