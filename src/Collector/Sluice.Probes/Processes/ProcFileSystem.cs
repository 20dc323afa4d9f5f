// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Microsoft.Win32.SafeHandles;
using Sluice.Bpf;

namespace Sluice.Probes.Processes;

/// <summary>The files of <c>/proc</c> that discovery reads. Not thread-safe: one buffer serves all calls.</summary>
/// <param name="root">Where the file system is mounted; a directory with the same names in tests.</param>
internal sealed class ProcFileSystem(string root = ProcFileSystem.DefaultRoot)
{
    internal const string DefaultRoot = "/proc";

    // Holds the longest line: addresses and a path of 4096 bytes of which each may be written as four.
    private const int MapsBufferBytes = 64 * 1024;

    private const int ESRCH = 3;
    private const int ENOENT = 2;

    private readonly byte[] _buffer = new byte[MapsBufferBytes];

    internal delegate void MapsLineHandler(in MapsLine line);

    /// <summary>Every process id (no thread ids) that exists now.</summary>
    internal IEnumerable<int> EnumerateProcesses()
    {
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>Hands over each mapping of a process. The handler must not call back into this object's <see cref="ReadMaps"/>.</summary>
    internal MapsResult ReadMaps(int pid, MapsLineHandler handler)
    {
        if (!HostFile.TryOpen(PathOf(pid, "maps"), out SafeFileHandle? file, out int errno))
        {
            return errno is ENOENT or ESRCH ? MapsResult.Gone : MapsResult.Denied;
        }

        using (file)
        {
            try
            {
                ReadLines(file!, handler);
                return MapsResult.Read;
            }
            catch (UnauthorizedAccessException)
            {
                return MapsResult.Denied;
            }
            catch (IOException)
            {
                // ESRCH: the process ended between open and read.
                return MapsResult.Gone;
            }
        }
    }

    /// <summary>A link to the mapped file itself, whatever its name has become. Following it takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.</summary>
    internal string MapFilesPath(int pid, in MapsLine line) => PathOf(pid, "map_files/" + line.MapFilesName());

    /// <summary>The path as the process sees it.</summary>
    internal string RootPath(int pid, string path) => PathOf(pid, "root") + path;

    /// <summary>The process that a thread belongs to: its own id for a process. Null when there is none such.</summary>
    internal int? ReadThreadGroup(int pid)
    {
        try
        {
            foreach (string line in File.ReadLines(PathOf(pid, "status")))
            {
                if (line.StartsWith("Tgid:", StringComparison.Ordinal))
                {
                    return int.Parse(line.AsSpan("Tgid:".Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            // No such process, or none that we may see: the same to the caller.
        }

        return null;
    }

    internal string PathOf(int pid, string name) => string.Create(CultureInfo.InvariantCulture, $"{root}/{pid}/{name}");

    private void ReadLines(SafeFileHandle file, MapsLineHandler handler)
    {
        long position = 0;
        int kept = 0;
        while (true)
        {
            int read = RandomAccess.Read(file, _buffer.AsSpan(kept), position);
            if (read == 0)
            {
                return;
            }

            position += read;
            int length = kept + read;
            int parsed = HandleLines(_buffer.AsSpan(0, length), handler);

            // A line longer than the buffer cannot be: if one comes all the same, it is left out instead of being waited for.
            kept = length - parsed == _buffer.Length ? 0 : length - parsed;
            _buffer.AsSpan(length - kept, kept).CopyTo(_buffer);
        }
    }

    private static int HandleLines(ReadOnlySpan<byte> text, MapsLineHandler handler)
    {
        int position = 0;
        while (true)
        {
            int length = text[position..].IndexOf((byte)'\n');
            if (length < 0)
            {
                return position;
            }

            if (MapsLine.TryParse(text.Slice(position, length), out MapsLine line))
            {
                handler(in line);
            }

            position += length + 1;
        }
    }
}
