// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp;

/// <summary>A request ready to be sent, with gRPC's message prefix in front of it.</summary>
/// <param name="Framed">The prefix of <see cref="PrefixBytes"/> bytes and the request.</param>
/// <param name="IsGzip">The request is compressed.</param>
internal readonly record struct OtlpMessageBytes(ReadOnlyMemory<byte> Framed, bool IsGzip)
{
    /// <summary>A flag and a length of 32 bits ("Length-Prefixed-Message" in gRPC's protocol over HTTP/2).</summary>
    public const int PrefixBytes = 5;

    /// <summary>The request alone.</summary>
    public ReadOnlyMemory<byte> Request => Framed[PrefixBytes..];
}
