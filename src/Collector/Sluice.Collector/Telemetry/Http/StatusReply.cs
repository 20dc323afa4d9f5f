// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;

namespace Sluice.Collector.Telemetry.Http;

/// <summary>What is answered to one request.</summary>
/// <param name="Code">Such as 200.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="Body">Its bytes.</param>
internal sealed record StatusReply(int Code, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>A line or a few of plain text.</summary>
    public static StatusReply Text(int code, string text) => new(code, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));
}
