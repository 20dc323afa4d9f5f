// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Sluice.Sinks.Files;

/// <summary>The files that a rotating file leaves behind: <c>tls.jsonl</c> becomes <c>tls-20261122T190501123Z.jsonl</c>.</summary>
internal sealed class FinishedFiles
{
    private const string StampFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(1);

    private readonly string _path;
    private readonly string _directory;
    private readonly string _prefix;
    private readonly string _extension;
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    public FinishedFiles(string path)
    {
        _path = path;
        _directory = Path.GetDirectoryName(path) ?? "/";
        _prefix = Path.GetFileNameWithoutExtension(path) + "-";
        _extension = Path.GetExtension(path);
    }

    /// <summary>
    /// Renames the file to a name that is free and later than the one before, also when the clock stands still or goes back: a moment
    /// that is taken gives way to the next millisecond.
    /// </summary>
    public void PutAside(DateTimeOffset now)
    {
        DateTimeOffset stamp = now > _last ? now : _last + s_step;
        while (Path.Exists(NameAt(stamp)))
        {
            stamp += s_step;
        }

        File.Move(_path, NameAt(stamp));
        _last = stamp;
    }

    /// <summary>Deletes the oldest finished files beyond <paramref name="keep"/>; 0 keeps all. May run beside everything but <see cref="PutAside"/>.</summary>
    public void Prune(int keep)
    {
        if (keep == 0)
        {
            return;
        }

        string[] finished = [.. Directory.EnumerateFiles(_directory, _prefix + "*" + _extension).Where(IsFinished).Order(StringComparer.Ordinal)];
        foreach (string oldest in finished.SkipLast(keep))
        {
            File.Delete(oldest);
        }
    }

    private string NameAt(DateTimeOffset stamp) =>
        Path.Combine(_directory, _prefix + stamp.UtcDateTime.ToString(StampFormat, CultureInfo.InvariantCulture) + _extension);

    /// <summary>Only names that <see cref="PutAside"/> gives: what else lies there is not ours to delete.</summary>
    private bool IsFinished(string path)
    {
        string name = Path.GetFileName(path);
        int stampLength = name.Length - _prefix.Length - _extension.Length;
        return stampLength > 0
            && name.StartsWith(_prefix, StringComparison.Ordinal)
            && name.EndsWith(_extension, StringComparison.Ordinal)
            && DateTime.TryParseExact(
                name.AsSpan(_prefix.Length, stampLength), StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out _);
    }
}
