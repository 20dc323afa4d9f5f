// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>How the server of a test answers one request. Without a change: success.</summary>
internal sealed record Answer
{
    public int HttpStatus { get; init; } = 200;

    public int GrpcStatus { get; init; }

    public string Message { get; init; } = "";

    /// <summary>RetryInfo of gRPC.</summary>
    public TimeSpan? RetryInfo { get; init; }

    /// <summary>The header of HTTP.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>partial_success.rejected_log_records.</summary>
    public long Rejected { get; init; }

    /// <summary>Waits so long before it answers.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Breaks the connection off instead of answering.</summary>
    public bool Aborts { get; init; }

    /// <summary>The body in the place of the right one.</summary>
    public byte[]? Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>gRPC: sends no status at all.</summary>
    public bool HidesStatus { get; init; }

    /// <summary>True for a plain success, whose records the server keeps.</summary>
    public bool Takes => HttpStatus == 200 && GrpcStatus == 0 && !Aborts && Body is null && !HidesStatus;
}
