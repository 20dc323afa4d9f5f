// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>OTLP's ways of carrying a request.</summary>
public enum OtlpProtocol
{
    /// <summary>A unary gRPC call over HTTP/2.</summary>
    Grpc,

    /// <summary>An HTTP/1.1 POST with a body of Protocol Buffers.</summary>
    Http,
}
