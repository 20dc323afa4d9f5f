// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// Which answers ask for another attempt: the tables of the OTLP specification, "Failures" of OTLP/gRPC and "Retryable Response Codes" of OTLP/HTTP.
/// Every other answer but success is final.
/// </summary>
internal static class RetryTable
{
    public static bool IsRetryable(GrpcStatus status, TimeSpan? retryDelay) => status switch
    {
        GrpcStatus.CANCELLED or GrpcStatus.DEADLINE_EXCEEDED or GrpcStatus.ABORTED or GrpcStatus.OUT_OF_RANGE
            or GrpcStatus.UNAVAILABLE or GrpcStatus.DATA_LOSS => true,

        // Without a delay it means that the server will never take it, such as a message that is too large.
        GrpcStatus.RESOURCE_EXHAUSTED => retryDelay is not null,
        _ => false,
    };

    public static bool IsRetryable(int httpStatus) => httpStatus is 429 or 502 or 503 or 504;

    /// <summary>The status of a call whose HTTP answer has none, by gRPC's own rule (http-grpc-status-mapping): somebody in between answered.</summary>
    public static GrpcStatus FromHttp(int httpStatus) => httpStatus switch
    {
        400 => GrpcStatus.INTERNAL,
        401 => GrpcStatus.UNAUTHENTICATED,
        403 => GrpcStatus.PERMISSION_DENIED,
        404 => GrpcStatus.UNIMPLEMENTED,
        429 or 502 or 503 or 504 => GrpcStatus.UNAVAILABLE,
        _ => GrpcStatus.UNKNOWN,
    };
}
