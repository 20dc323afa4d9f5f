// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;

namespace Sluice.Collector.Hosting;

/// <summary>The file of <c>--ready-file</c>: while it exists, every probe is attached. One line of JSON.</summary>
internal static class ReadyFile
{
    /// <summary>Removes the file: that of an earlier run tells a lie from the start, our own from the stop on.</summary>
    /// <exception cref="UsageException">There is something at the path that cannot be removed.</exception>
    public static void Clear(string path) => Guard(path, () => File.Delete(path));

    /// <summary>Writes the file so that whoever sees it sees all of it.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static void Write(string path, int targets, string transport)
    {
        string json = string.Create(CultureInfo.InvariantCulture, $"{{\"pid\":{Environment.ProcessId},\"targets\":{targets},\"transport\":\"{transport}\"}}\n");
        Guard(path, () =>
        {
            string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.tmp");

            // The directory may be open to others (/tmp): what lies there, a link too, is removed and never written through.
            File.Delete(temporary);
            using (var file = new StreamWriter(new FileStream(temporary, FileMode.CreateNew, FileAccess.Write)))
            {
                file.Write(json);
            }

            File.Move(temporary, path, overwrite: true);
        });
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--ready-file '{path}': cannot be written or removed ({e.Message}).");
        }
    }
}
