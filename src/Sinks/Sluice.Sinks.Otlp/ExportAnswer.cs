// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Otlp;

/// <summary>The end of an attempt to export.</summary>
/// <param name="Verdict">What it came to.</param>
/// <param name="Reason">Why, for people: a status with the server's message, or what went wrong on the way. Of an accepted request the server's warning, if any.</param>
/// <param name="RejectedRecords">Records of an accepted request that the server refused.</param>
/// <param name="RetryDelay">How long the server wants to be left alone.</param>
internal sealed record ExportAnswer(ExportVerdict Verdict, string Reason, long RejectedRecords = 0, TimeSpan? RetryDelay = null)
{
    /// <summary>Everything was taken.</summary>
    public static ExportAnswer Accepted { get; } = new(ExportVerdict.Accepted, "");
}
