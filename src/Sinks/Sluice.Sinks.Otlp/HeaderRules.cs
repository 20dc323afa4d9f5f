// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Linq;

namespace Sluice.Sinks.Otlp;

/// <summary>Which headers a user may add to requests.</summary>
internal static class HeaderRules
{
    private static readonly SearchValues<char> s_nameLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");

    /// <summary>What describes the request itself is the client's: another value would make it unreadable.</summary>
    private static readonly string[] s_ours =
        ["connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

    /// <summary>What is wrong with a header, to go on after the option's name; null when nothing is. Never shows the value.</summary>
    public static string? FindProblem(string name, string value)
    {
        if (name.AsSpan().ContainsAnyExcept(s_nameLetters))
        {
            return "is no name of a header; use letters, digits and '-'";
        }

        if (s_ours.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase))
        {
            return "names a header that the sink sets itself";
        }

        return value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? "has a value with characters other than printable ASCII" : null;
    }
}
