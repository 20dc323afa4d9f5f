// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>What an attempt to export came to.</summary>
internal enum ExportVerdict
{
    /// <summary>The server has the request; some of its records may be refused.</summary>
    Accepted,

    /// <summary>The same request may succeed later.</summary>
    Retry,

    /// <summary>As <see cref="Retry"/>, but no TLS connection comes about: at the start that is a bad setting.</summary>
    TlsFailed,

    /// <summary>The server will never take this request.</summary>
    Refused,
}
