// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Collector.CommandLine;

/// <summary>One name for a file that can be reached by several: symbolic links are followed, also those to folders. Hard links are not seen through.</summary>
internal static class RealPath
{
    // As in the kernel: more are a circle.
    private const int MaxLinks = 40;

    /// <summary>The absolute path without links; what does not exist stands as it is.</summary>
    public static string Of(string path)
    {
        string full = Path.GetFullPath(path);
        for (int i = 0; i < MaxLinks && FollowFirstLink(full) is { } next; i++)
        {
            full = next;
        }

        return full;
    }

    private static string? FollowFirstLink(string full)
    {
        for (int end = full.IndexOf('/', 1); ; end = full.IndexOf('/', end + 1))
        {
            string head = end < 0 ? full : full[..end];
            if (ReadLink(head) is { } target)
            {
                return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(head)!, target) + full[head.Length..]);
            }

            if (end < 0)
            {
                return null;
            }
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
