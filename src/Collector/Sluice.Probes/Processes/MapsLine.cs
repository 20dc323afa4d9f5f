// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Sluice.Probes.Processes;

/// <summary>
/// One line of <c>/proc/PID/maps</c>: <c>7f00-7f10 r-xp 00001000 fe:01 1234    /usr/lib/libssl.so.3</c>. Only file mappings have an inode.
/// A view over the line; dies with it.
/// </summary>
internal readonly ref struct MapsLine
{
    private static ReadOnlySpan<byte> DeletedMark => " (deleted)"u8;

    /// <summary>First address.</summary>
    internal ulong Start { get; private init; }

    /// <summary>Address behind the last one.</summary>
    internal ulong End { get; private init; }

    internal bool IsExecutable { get; private init; }

    internal uint Major { get; private init; }

    internal uint Minor { get; private init; }

    internal ulong Inode { get; private init; }

    /// <summary>The path as the kernel wrote it: a newline is <c>\012</c>, nothing else is escaped, and <c> (deleted)</c> may follow.</summary>
    internal ReadOnlySpan<byte> RawPath { get; private init; }

    /// <summary>True when the file has no name any more, or is named so as to look like it.</summary>
    internal bool LooksDeleted => RawPath.EndsWith(DeletedMark);

    /// <summary>Parses a line without its newline. False for anything that is no mapping line.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> line, out MapsLine parsed)
    {
        parsed = default;
        ReadOnlySpan<byte> rest = line;
        if (!TryTakeHex(ref rest, (byte)'-', out ulong start) || !TryTakeHex(ref rest, (byte)' ', out ulong end)
            || rest.Length < 5 || rest[4] != (byte)' ')
        {
            return false;
        }

        bool isExecutable = rest[2] == (byte)'x';
        rest = rest[5..];
        if (!TryTakeHex(ref rest, (byte)' ', out _) || !TryTakeHex(ref rest, (byte)':', out ulong major) || !TryTakeHex(ref rest, (byte)' ', out ulong minor)
            || major > uint.MaxValue || minor > uint.MaxValue
            || !Utf8Parser.TryParse(rest, out ulong inode, out int inodeLength))
        {
            return false;
        }

        parsed = new MapsLine
        {
            Start = start,
            End = end,
            IsExecutable = isExecutable,
            Major = (uint)major,
            Minor = (uint)minor,
            Inode = inode,
            RawPath = rest[inodeLength..].TrimStart((byte)' '),
        };
        return true;
    }

    /// <summary>
    /// The path for people and for a look-up, without the mark of a deleted file. A file whose name really holds the four characters <c>\012</c>,
    /// or bytes that are not UTF-8, cannot be told from the text; callers compare inodes before they believe a path.
    /// </summary>
    internal string DecodePath()
    {
        ReadOnlySpan<byte> raw = LooksDeleted ? RawPath[..^DeletedMark.Length] : RawPath;
        string path = Encoding.UTF8.GetString(raw);
        return path.Contains(@"\012", StringComparison.Ordinal) ? path.Replace(@"\012", "\n", StringComparison.Ordinal) : path;
    }

    /// <summary>The mapping's name in <c>/proc/PID/map_files</c>.</summary>
    internal string MapFilesName() => string.Create(CultureInfo.InvariantCulture, $"{Start:x}-{End:x}");

    private static bool TryTakeHex(ref ReadOnlySpan<byte> rest, byte delimiter, out ulong value)
    {
        bool isHex = Utf8Parser.TryParse(rest, out value, out int length, 'x') && length < rest.Length && rest[length] == delimiter;
        rest = isHex ? rest[(length + 1)..] : rest;
        return isHex;
    }
}
