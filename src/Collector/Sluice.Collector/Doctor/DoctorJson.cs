// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Text.Encodings.Web;
using System.Text.Json;
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
            WriteChoice(writer, report);
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
        writer.WriteStartArray("missing_capabilities");
        foreach (string missing in report.Host.Capabilities.MissingForTlsCapture())
        {
            writer.WriteStringValue(missing);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteFeatures(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartObject("features");
        WriteFeature(writer, "btf", report.Features.Btf);
        WriteFeature(writer, "libbpf", report.Features.Libbpf);
        WriteFeature(writer, "uprobes", report.Features.Uprobes);
        WriteFeature(writer, "uprobe_multi", report.Features.UprobeMulti);
        WriteFeature(writer, "uprobe_cookie", report.Features.UprobeCookie);
        WriteFeature(writer, "ring_buffer", report.Features.RingBuffer);
        if (report.Programs is { } programs)
        {
            WriteFeature(writer, "tls_programs", programs);
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

    private static void WriteChoice(Utf8JsonWriter writer, DoctorReport report)
    {
        writer.WriteStartObject("choice");
        writer.WriteString("transport", report.Transport);
        writer.WriteString("bytecode", "core");
        writer.WriteEndObject();
        writer.WriteString("kafka_client", report.KafkaClientVersion);
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
        writer.WriteStartArray("warnings");
        foreach (string warning in report.Warnings)
        {
            writer.WriteStringValue(warning);
        }

        writer.WriteEndArray();
    }
}
