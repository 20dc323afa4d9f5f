// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Pipeline.Delivery;

/// <summary>The loss ledger at one moment. Immutable.</summary>
public sealed class LedgerSnapshot
{
    // A sink's name is a URI or a path of the user's: keep it readable in the file, which no browser interprets.
    private static readonly JsonWriterOptions s_writerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal LedgerSnapshot(
        long submitted,
        KernelCounts kernel,
        long read,
        long filtered,
        long synthesized,
        long resequencerGaps,
        long resequencerLate,
        bool isFinal,
        IReadOnlyList<SinkCounts> sinks)
    {
        Submitted = submitted;
        Kernel = kernel;
        Read = read;
        Filtered = filtered;
        Synthesized = synthesized;
        ResequencerGaps = resequencerGaps;
        ResequencerLate = resequencerLate;
        IsFinal = isFinal;
        Sinks = sinks;
    }

    /// <summary>Samples that should have reached the pipeline: the kernel's and the synthesized ones.</summary>
    public long Submitted { get; }

    /// <summary>The kernel's own counters; synthesized samples are not among them.</summary>
    public KernelCounts Kernel { get; }

    /// <summary>Samples that left the intakes.</summary>
    public long Read { get; }

    /// <summary>Samples left out on purpose in user space.</summary>
    public long Filtered { get; }

    /// <summary>Samples made in user space (<c>capture.loss</c>); part of submitted and, once they left their intake, of read.</summary>
    public long Synthesized { get; }

    /// <summary>Gaps in a connection's sequence that were given up (perf transport).</summary>
    public long ResequencerGaps { get; }

    /// <summary>Samples that came after their place in the sequence had been given up; they were passed on (perf transport).</summary>
    public long ResequencerLate { get; }

    /// <summary>True when the capture is over and nothing may be in flight or pending any more.</summary>
    public bool IsFinal { get; }

    /// <summary>The sinks, in the order of the command line.</summary>
    public IReadOnlyList<SinkCounts> Sinks { get; }

    /// <summary>Samples in the rings or in an intake: submitted, not lost and not yet read.</summary>
    public long InFlight => Submitted - Kernel.LostTotal - Read;

    /// <summary>The equations that do not hold, in words with their numbers; empty when the ledger is right.</summary>
    public IReadOnlyList<string> Verify()
    {
        var broken = new List<string>();
        if (InFlight < 0 || (IsFinal && InFlight != 0))
        {
            broken.Add(Invariant(
                $"submitted {Submitted} != read {Read} + kernel_lost {Kernel.LostTotal}: {InFlight} samples are unaccounted for"));
        }

        foreach (SinkCounts sink in Sinks)
        {
            VerifySink(sink, broken);
        }

        return broken;
    }

    /// <summary>The ledger as JSON text (DESIGN §4).</summary>
    public string ToJson() => System.Text.Encoding.UTF8.GetString(ToJsonUtf8().Span);

    /// <summary>The ledger as JSON in UTF-8 (DESIGN §4), without a newline.</summary>
    public ReadOnlyMemory<byte> ToJsonUtf8()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, s_writerOptions))
        {
            writer.WriteStartObject();
            WriteKernel(writer);
            WriteReaders(writer);
            writer.WriteStartObject("sinks");
            foreach (SinkCounts sink in Sinks)
            {
                WriteSink(writer, sink);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    /// <summary>The ledger as a few lines for a person, the last one with a newline.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(Invariant($"submitted {Submitted}, lost in the kernel {Kernel.LostTotal}"));
        AppendCauses(text);
        text.Append(Invariant($", read {Read}, filtered {Filtered}"));
        AppendIfAny(text, "in flight", InFlight);
        AppendIfAny(text, "unreadable payloads", Kernel.ReadFaults);
        AppendIfAny(text, "calls cut by the payload limit", Kernel.CutByLimit);
        AppendIfAny(text, "gaps given up", ResequencerGaps);
        AppendIfAny(text, "runs left out by the kernel at most", Kernel.SkippedRuns);
        text.Append('\n');
        foreach (SinkCounts sink in Sinks)
        {
            AppendSink(text, sink);
        }

        foreach (string broken in Verify())
        {
            text.Append("LEDGER BROKEN: ").Append(broken).Append('\n');
        }

        return text.ToString();
    }

    private void VerifySink(SinkCounts sink, List<string> broken)
    {
        long accounted = Filtered + sink.Delivered + sink.DroppedTotal + sink.Rejected + sink.Pending + sink.Spooled;
        if (Read + sink.Recovered != accounted || sink.Pending < 0 || sink.Spooled < 0)
        {
            broken.Add(Invariant(
                $"{Label(sink)}: read {Read}{Term("recovered", sink.Recovered)} != filtered {Filtered} + delivered {sink.Delivered} + dropped {sink.DroppedTotal} + rejected {sink.Rejected} + pending {sink.Pending}{Term("spooled", sink.Spooled)}"));
        }

        if (IsFinal && sink.Pending != 0)
        {
            broken.Add(Invariant($"{Label(sink)}: {sink.Pending} samples are still pending at the end"));
        }
    }

    private void WriteKernel(Utf8JsonWriter writer)
    {
        writer.WriteNumber("submitted", Submitted);
        writer.WriteStartObject("kernel_lost");
        for (int cause = 0; cause < KernelCounts.CauseCount; cause++)
        {
            writer.WriteNumber(KernelCounts.CauseName((KernelLossCause)cause), Kernel.Lost((KernelLossCause)cause));
        }

        writer.WriteEndObject();
        writer.WriteNumber("kernel_filtered", Kernel.FilteredCalls);
        writer.WriteNumber("kernel_skipped_runs", Kernel.SkippedRuns);
        writer.WriteStartObject("truncated");
        writer.WriteNumber("read_fault", Kernel.ReadFaults);
        writer.WriteNumber("size_limit", Kernel.CutByLimit);
        writer.WriteEndObject();
    }

    private void WriteReaders(Utf8JsonWriter writer)
    {
        writer.WriteNumber("read", Read);
        writer.WriteNumber("in_flight", InFlight);
        writer.WriteNumber("filtered", Filtered);
        writer.WriteNumber("synthesized", Synthesized);
        writer.WriteNumber("resequencer_gaps", ResequencerGaps);
        writer.WriteNumber("resequencer_late", ResequencerLate);
        writer.WriteBoolean("final", IsFinal);
    }

    private static void WriteSink(Utf8JsonWriter writer, SinkCounts sink)
    {
        writer.WriteStartObject(sink.Name);
        writer.WriteNumber("delivered", sink.Delivered);
        writer.WriteStartObject("dropped");
        foreach ((string reason, long count) in sink.Dropped)
        {
            writer.WriteNumber(reason, count);
        }

        writer.WriteEndObject();
        writer.WriteNumber("rejected", sink.Rejected);
        writer.WriteNumber("pending", sink.Pending);
        writer.WriteNumber("duplicates", sink.Duplicates);
        writer.WriteNumber("recovered", sink.Recovered);
        writer.WriteNumber("spooled", sink.Spooled);
        writer.WriteEndObject();
    }

    private void AppendCauses(StringBuilder text)
    {
        if (Kernel.LostTotal == 0)
        {
            return;
        }

        string separator = " (";
        for (int cause = 0; cause < KernelCounts.CauseCount; cause++)
        {
            long lost = Kernel.Lost((KernelLossCause)cause);
            if (lost != 0)
            {
                text.Append(separator).Append(Invariant($"{KernelCounts.CauseName((KernelLossCause)cause)} {lost}"));
                separator = ", ";
            }
        }

        text.Append(')');
    }

    private static void AppendSink(StringBuilder text, SinkCounts sink)
    {
        text.Append(Invariant($"  {Label(sink)}: delivered {sink.Delivered}"));
        foreach ((string reason, long count) in sink.Dropped)
        {
            text.Append(Invariant($", dropped {count} ({reason})"));
        }

        AppendIfAny(text, "rejected", sink.Rejected);
        AppendIfAny(text, "pending", sink.Pending);
        AppendIfAny(text, "in the spool", sink.Spooled);
        AppendIfAny(text, "recovered", sink.Recovered);
        AppendIfAny(text, "duplicates", sink.Duplicates);
        text.Append('\n');
    }

    // A URI without a target, such as `console:`, brings the colon of its own.
    private static string Label(SinkCounts sink) => sink.Name.TrimEnd(':');

    // Only sinks with a spool have these two.
    private static string Term(string name, long count) => count == 0 ? "" : Invariant($" + {name} {count}");

    private static void AppendIfAny(StringBuilder text, string what, long count)
    {
        if (count != 0)
        {
            text.Append(Invariant($", {what} {count}"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
