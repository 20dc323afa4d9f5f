// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Sluice.Probes.Targets;

/// <summary>Reads the dynamic linker's list of libraries, <c>/etc/ld.so.cache</c> in the format that glibc has written since 2.2.</summary>
internal static class LinkerCache
{
    private const int HeaderBytes = 48;
    private const int EntryBytes = 24;

    // The cache of a large desktop has some 300 KiB.
    private const int MaxBytes = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> Magic => "glibc-ld.so.cache1.1"u8;

    /// <summary>The directories that the cache names, in its order. Empty when there is no cache of this format, as with musl.</summary>
    internal static IReadOnlyList<string> ReadDirectories(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaxBytes } ? ParseDirectories(File.ReadAllBytes(path)) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal static IReadOnlyList<string> ParseDirectories(ReadOnlySpan<byte> cache)
    {
        // Caches written for old linkers too have the new one behind the old; its offsets then count from its own magic.
        int start = cache.IndexOf(Magic);
        if (start < 0 || cache.Length - start < HeaderBytes)
        {
            return [];
        }

        ReadOnlySpan<byte> content = cache[start..];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(content[20..]);
        var directories = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int entry = HeaderBytes; count > 0 && entry <= content.Length - EntryBytes; entry += EntryBytes, count--)
        {
            // flags, key (name), value (path), ...
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(content[(entry + 8)..]);
            if (ReadDirectory(content, value) is { } directory && seen.Add(directory))
            {
                directories.Add(directory);
            }
        }

        return directories;
    }

    private static string? ReadDirectory(ReadOnlySpan<byte> content, uint offset)
    {
        if (offset >= (uint)content.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> path = content[(int)offset..];
        int end = path.IndexOf((byte)0);
        int slash = end < 0 ? -1 : path[..end].LastIndexOf((byte)'/');
        return slash <= 0 ? null : Encoding.UTF8.GetString(path[..slash]);
    }
}
