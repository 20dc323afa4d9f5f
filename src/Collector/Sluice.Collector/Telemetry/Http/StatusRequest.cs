// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;

namespace Sluice.Collector.Telemetry.Http;

/// <summary>The head of a request, as far as it matters here.</summary>
/// <param name="Method">Such as GET.</param>
/// <param name="Path">Without the query.</param>
internal readonly record struct StatusRequest(string Method, string Path)
{
    /// <summary>Longest head that is read. Browsers' and proxies' are shorter.</summary>
    public const int MaxHeadBytes = 16 * 1024;

    /// <summary>Whether the empty line at the end of a head is there.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> head) => head.IndexOf("\r\n\r\n"u8) >= 0 || head.IndexOf("\n\n"u8) >= 0;

    /// <summary>False when this is no request line of HTTP/1.0 or 1.1. Never throws, whatever the bytes are.</summary>
    public static bool TryParse(ReadOnlySpan<byte> head, out StatusRequest request)
    {
        request = default;
        int end = head.IndexOf((byte)'\n');
        if (end < 0)
        {
            return false;
        }

        string[] words = Encoding.Latin1.GetString(head[..end]).TrimEnd('\r').Split(' ');
        if (words.Length != 3 || words[0].Length == 0 || words[2] is not ("HTTP/1.0" or "HTTP/1.1") || !words[1].StartsWith('/'))
        {
            return false;
        }

        request = new StatusRequest(words[0], words[1].Split('?')[0]);
        return true;
    }
}
