// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;

namespace Sluice.Collector.Doctor;

/// <summary>Writes a report for programs: one JSON object.</summary>
internal static class DoctorJson
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(DoctorReport report, Stream output)
    {
        using (var writer = new Utf8JsonWriter(output, s_options))
        {
            writer.WriteStartObject();
            writer.WriteBoolean("works", report.Obstacles.Count == 0);
            writer.WriteString("version", ProductVersion.Text);
            WriteHost(writer, report);
            WriteFeatures(writer, report);
            WriteModules(writer, report);
            WriteLibraries(writer, report);
            WriteFindings(writer, report);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static void WriteHost(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartObject("host");
        writer.WriteString("kernel", report.Host.KernelRelease);
        writer.WriteString("architecture", report.Architecture);
        writer.WriteString("container", report.Host.ContainerHint);
        writer.WriteString("lockdown", report.Host.Lockdown.ToString().ToLowerInvariant());
        writer.WriteBoolean("initial_user_namespace", report.Host.IsInitialUserNamespace);
        writer.WriteString("locked_memory", report.LockedMemoryLimit);
        WriteTexts(writer, "missing_capabilities", report.Host.Capabilities.MissingForTlsCapture());
        writer.WriteEndObject();
    }

    private static void WriteFeatures(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartObject("features");
        foreach ((string name, FeatureProbe feature) in DoctorFeatures.List(report.Features))
        {
            WriteFeature(writer, name, feature);
        }

        writer.WriteEndObject();
    }

    private static void WriteFeature(Utf8JsonWriter writer, string name, FeatureProbe feature)
    {
        writer.WriteStartObject(name);
        writer.WriteBoolean("available", feature.IsAvailable);
        writer.WriteString("detail", feature.Detail);
        writer.WriteEndObject();
    }

    private static void WriteModules(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartArray("modules");
        foreach (DoctorModule module in report.Modules)
        {
            writer.WriteStartObject();
            writer.WriteString("name", module.Name);
            if (module.Programs is { } programs)
            {
                WriteFeature(writer, "programs", programs);
            }

            writer.WriteString("bytecode", module.Bytecode?.FileName);
            WriteTexts(writer, "bytecode_reasons", module.Bytecode?.Reasons ?? []);
            writer.WriteString("transport", module.Transport);
            WriteTexts(writer, "missing_capabilities", module.MissingCapabilities);
            WritePlans(writer, module.Plans);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("kafka_client", report.KafkaClientVersion);
    }

    private static void WritePlans(Utf8JsonWriter writer, IReadOnlyList<PlanOutcome> plans)
    {
        writer.WriteStartArray("plans");
        foreach (PlanOutcome plan in plans)
        {
            writer.WriteStartObject();
            writer.WriteString("plan", plan.Plan);
            writer.WriteString("chosen", plan.Chosen);
            writer.WriteStartArray("refused");
            foreach (AttachRefusal refusal in plan.Refusals)
            {
                writer.WriteStartObject();
                writer.WriteString("alternative", refusal.Alternative);
                writer.WriteString("reason", refusal.Reason);
                writer.WriteString("hint", refusal.Hint);
                writer.WriteNumber("errno", refusal.Errno);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteLibraries(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteNumber("processes", report.Processes);
        writer.WriteNumber("unreadable_processes", report.UnreadableProcesses);
        writer.WriteStartArray("libraries");
        foreach (DoctorLibrary library in report.Libraries)
        {
            writer.WriteStartObject();
            writer.WriteString("path", library.Path);
            writer.WriteString("library", library.Library);
            writer.WriteString("build_id", library.BuildId);
            writer.WriteString("offsets", library.Offsets);
            writer.WriteBoolean("offsets_measured", library.OffsetsAreMeasured);
            writer.WriteNumber("processes", library.Processes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteFindings(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartArray("obstacles");
        foreach (Obstacle obstacle in report.Obstacles)
        {
            writer.WriteStartObject();
            writer.WriteString("problem", obstacle.Problem);
            writer.WriteString("remedy", obstacle.Remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteTexts(writer, "warnings", report.Warnings);
    }
}
