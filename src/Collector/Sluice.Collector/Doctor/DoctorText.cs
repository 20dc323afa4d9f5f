// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Pipeline.Encoding;

namespace Sluice.Collector.Doctor;

/// <summary>Writes a report for people. Paths of libraries are chosen by whoever runs a process here, so that every line is made harmless to a terminal.</summary>
internal static class DoctorText
{
    private const int LabelWidth = 20;

    public static void Write(DoctorReport report, TextWriter output)
    {
        WriteLine(output, $"sluice {ProductVersion.Text} on Linux {report.Host.KernelRelease} ({report.Architecture})");
        output.WriteLine();
        foreach ((string label, string value) in Facts(report))
        {
            WriteLine(output, "  " + label.PadRight(LabelWidth) + value);
        }

        output.WriteLine();
        WriteModules(report, output);
        WriteLibraries(report, output);
        foreach (string warning in report.Warnings)
        {
            WriteLine(output, "Note: " + warning);
        }

        WriteVerdict(report, output);
    }

    private static IEnumerable<(string Label, string Value)> Facts(DoctorReport report)
    {
        foreach ((string name, FeatureProbe feature) in DoctorFeatures.List(report.Features))
        {
            yield return (name.Replace('_', ' '), feature.ToString());
        }

        yield return ("locked memory", report.LockedMemoryLimit);
        yield return ("lockdown", report.Host.Lockdown == LockdownMode.Unknown ? "none that the kernel tells of" : report.Host.Lockdown.ToString().ToLowerInvariant());
        yield return ("container", report.Host.ContainerHint is { } hint ? $"looks like one ({hint})" : "no sign of one");
        yield return ("Kafka client", report.KafkaClientVersion is { } version ? "librdkafka " + version : "librdkafka cannot be loaded: no kafka: sinks");
    }

    private static void WriteModules(DoctorReport report, TextWriter output)
    {
        foreach (DoctorModule module in report.Modules)
        {
            WriteLine(output, $"Module {module.Name}: {(module.Programs is { } programs ? programs.ToString() : "not tried, see below")}");
            WriteLine(output, $"  bytecode    {module.Bytecode?.FileName} ({string.Join(' ', module.Bytecode?.Reasons ?? [])})");
            WriteLine(output, $"  transport   {module.Transport ?? "not tried"}");
            WriteLine(output, $"  needs       {(module.MissingCapabilities.Count == 0 ? "all that are needed" : "missing: " + string.Join("; ", module.MissingCapabilities))}");
            foreach (PlanOutcome plan in module.Plans)
            {
                WriteLine(output, $"  {plan.Plan}: {plan.Chosen ?? "no way"}");
                foreach (AttachRefusal refusal in plan.Refusals)
                {
                    WriteLine(output, $"    not {refusal}");
                }
            }
        }

        output.WriteLine();
    }

    private static void WriteLine(TextWriter output, string text) => output.WriteLine(TerminalText.Line(text));

    private static void WriteLibraries(DoctorReport report, TextWriter output)
    {
        WriteLine(output, string.Create(CultureInfo.InvariantCulture, $"TLS libraries that would be tapped ({report.Libraries.Count}; {report.Processes} processes looked at):"));
        foreach (DoctorLibrary library in report.Libraries.OrderByDescending(static library => library.Processes).ThenBy(static library => library.Path))
        {
            string offsets = library.Offsets is null ? "offsets unknown" : "offsets of " + library.Offsets + (library.OffsetsAreMeasured ? "" : " (not measured)");
            WriteLine(output, string.Create(CultureInfo.InvariantCulture, $"  {library.Path}: {library.Library}, {offsets}, used by {library.Processes} processes"));
        }

        output.WriteLine();
    }

    private static void WriteVerdict(DoctorReport report, TextWriter output)
    {
        if (report.Obstacles.Count == 0)
        {
            WriteLine(output, "sluice capture tls works here.");
            return;
        }

        WriteLine(output, "sluice capture tls does not work here:");
        foreach (Obstacle obstacle in report.Obstacles)
        {
            WriteLine(output, $"  - {obstacle.Problem}: {obstacle.Remedy}");
        }
    }
}
