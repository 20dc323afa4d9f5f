// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Collector.CommandLine;

/// <summary>Looks at the file that <c>--btf-file</c> names, so that a wrong one is refused in the user's words and not by the loader.</summary>
internal static class BtfFile
{
    private const ushort BtfMagic = 0xEB9F;

    public static string Check(string option, string path)
    {
        Span<byte> head = stackalloc byte[4];
        int read;
        try
        {
            using FileStream file = File.OpenRead(path);
            read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{option} '{path}': there is no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} '{path}': cannot be read ({e.Message}).");
        }

        bool raw = read >= 2 && BitConverter.ToUInt16(head) == BtfMagic;
        bool elf = read == 4 && head.SequenceEqual("\u007fELF"u8);
        return raw || elf
            ? Path.GetFullPath(path)
            : throw new UsageException($"{option} '{path}': neither raw BTF nor an ELF file with BTF.");
    }
}
