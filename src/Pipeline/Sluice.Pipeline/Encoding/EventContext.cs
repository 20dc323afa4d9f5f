// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Encoding;

/// <summary>What all events of a run share. Immutable.</summary>
public sealed class EventContext
{
    private static readonly EventKind[] s_everyKind = [EventKind.TlsData, EventKind.CaptureLoss, EventKind.Connection];

    /// <param name="hostName">Value of <c>host.name</c>.</param>
    /// <param name="runId">Random number of this capture; the head of every <c>log.record.uid</c>.</param>
    /// <param name="kinds">What this run can produce; every kind there is when null.</param>
    public EventContext(string hostName, ulong runId, IReadOnlyList<EventKind>? kinds = null)
    {
        Kinds = kinds ?? s_everyKind;
        HostName = hostName;
        HostNameUtf8 = System.Text.Encoding.UTF8.GetBytes(hostName);
        RunId = runId;
    }

    /// <summary>The kinds of events that this run can produce, so that a sink prepares for no other.</summary>
    public IReadOnlyList<EventKind> Kinds { get; }

    /// <summary>Value of <c>host.name</c>.</summary>
    public string HostName { get; }

    /// <summary><see cref="HostName"/> in UTF-8, not escaped.</summary>
    public ReadOnlyMemory<byte> HostNameUtf8 { get; }

    /// <summary>
    /// Random number of this capture. <c>log.record.uid</c> is 32 hexadecimal digits: run id (16), CPU (4), module (1), the CPU's sequence number (11).
    /// It depends on nothing but the capture, so a sample that is delivered twice carries the same one.
    /// </summary>
    public ulong RunId { get; }
}
