// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.IO;

namespace Sluice.Collector.Doctor;

/// <summary><c>sluice doctor</c>: what this host allows, and what a capture would choose.</summary>
internal sealed class DoctorCommand : Command
{
    /// <param name="run">Does it; the argument says whether JSON is wanted.</param>
    public DoctorCommand(Func<bool, ExitCode> run)
        : base("doctor", "Says what this kernel, container and these libraries allow, and what would be chosen.")
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON object instead of text." };
        Add(json);
        SetAction(result => (int)run(result.GetValue(json)));
    }

    /// <summary>Examines the host and writes the report to standard output.</summary>
    public static ExitCode Run(bool asJson)
    {
        DoctorReport report = DoctorExamination.Run();
        if (asJson)
        {
            using Stream output = Console.OpenStandardOutput();
            DoctorJson.Write(report, output);
        }
        else
        {
            DoctorText.Write(report, Console.Out);
        }

        return report.Obstacles.Count == 0 ? ExitCode.Done : ExitCode.HostCannot;
    }
}
