// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Pipeline.Encoding;

/// <summary>
/// The run of a capture on a host that samples come from, which is not always this one: a spool holds those of an earlier run, a recording those of
/// another host. Immutable; one object for each run, compared by reference.
/// </summary>
public sealed class EventOrigin
{
    /// <param name="hostName">Value of <c>host.name</c>.</param>
    /// <param name="runId">Random number of the capture; the head of every <c>log.record.uid</c>.</param>
    /// <param name="attributes">What else is known of the host and the program that captured; see <see cref="Attributes"/>.</param>
    public EventOrigin(string hostName, ulong runId, params IEnumerable<KeyValuePair<string, string>> attributes)
    {
        ArgumentNullException.ThrowIfNull(hostName);
        HostName = hostName;
        Attributes = Array.AsReadOnly<KeyValuePair<string, string>>([.. attributes]);
        OtlpResource = OtlpMessage.Resource(hostName, Attributes);
        HostNameUtf8 = System.Text.Encoding.UTF8.GetBytes(hostName);
        RunId = runId;
        JsonHostField = JsonEventEncoder.EncodeHost(HostNameUtf8.Span);
        MessagePackHostField = MessagePackEventEncoder.EncodeHost(HostNameUtf8.Span);
    }

    /// <summary>Of samples of which nobody said where they come from.</summary>
    public static EventOrigin Unknown { get; } = new("unknown", 0);

    /// <summary>Value of <c>host.name</c>.</summary>
    public string HostName { get; }

    /// <summary><see cref="HostName"/> in UTF-8, not escaped.</summary>
    public ReadOnlyMemory<byte> HostNameUtf8 { get; }

    /// <summary>
    /// Random number of the capture. <c>log.record.uid</c> is 32 hexadecimal digits: run id (16), CPU (4), module (1), the CPU's sequence number (11).
    /// It depends on nothing but the capture, so a sample that is delivered twice carries the same one.
    /// </summary>
    public ulong RunId { get; }

    /// <summary>
    /// OpenTelemetry resource attributes beside <c>service.name</c> and <c>host.name</c>, such as <c>host.id</c> and <c>os.type</c>: only those
    /// that are known, each once. OTLP carries them once for a request; the encodings of single events leave them out.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes { get; }

    /// <summary>The OTLP resource that all events of this origin share, as a field of ResourceLogs.</summary>
    internal byte[] OtlpResource { get; }

    /// <summary>Key and value of <c>host.name</c> as the JSON encoding writes them.</summary>
    internal byte[] JsonHostField { get; }

    /// <summary>Key and value of <c>host.name</c> as the MessagePack encoding writes them.</summary>
    internal byte[] MessagePackHostField { get; }

    /// <summary>A new run on this host.</summary>
    /// <param name="attributes">What is known of the host; see <see cref="Attributes"/>.</param>
    public static EventOrigin ForThisRun(params IEnumerable<KeyValuePair<string, string>> attributes) =>
        new(Environment.MachineName, (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue), attributes);
}
