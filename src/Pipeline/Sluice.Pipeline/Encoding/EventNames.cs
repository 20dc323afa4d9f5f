// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Encoding;

/// <summary>The values of <c>event_name</c>.</summary>
public static class EventNames
{
    public const string TlsData = "tls.data";
    public const string CaptureLoss = "capture.loss";
    public const string NetworkConnection = "network.connection";

    /// <summary>The name of a kind of event in UTF-8; empty when the kind is not known.</summary>
    public static ReadOnlySpan<byte> Utf8(EventKind kind) => kind switch
    {
        EventKind.TlsData => "tls.data"u8,
        EventKind.CaptureLoss => "capture.loss"u8,
        EventKind.Connection => "network.connection"u8,
        _ => default,
    };
}
