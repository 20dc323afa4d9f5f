// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;

namespace Sluice.Probes.Processes;

/// <summary>What is known of a process beyond its number; every part may be missing, as processes end at any time.</summary>
/// <param name="Pid">As the host sees it.</param>
/// <param name="Name">Its name (<c>comm</c>, at most 15 bytes).</param>
/// <param name="ExecutablePath">Its program, as the host or the container calls it.</param>
/// <param name="Container">A hint, not an identity: the first twelve digits of the container id that its cgroup is named after.</param>
public sealed partial record ProcessDescription(int Pid, string? Name, string? ExecutablePath, string? Container)
{
    private const int ShortIdLength = 12;

    /// <summary>Reads what <c>/proc</c> says now. Does not throw for a process that has ended or may not be looked at.</summary>
    public static ProcessDescription Read(int pid) => Read(pid, ProcFileSystem.DefaultRoot);

    internal static ProcessDescription Read(int pid, string procRoot)
    {
        string directory = string.Create(CultureInfo.InvariantCulture, $"{procRoot}/{pid}");
        return new ProcessDescription(
            pid,
            ReadText($"{directory}/comm")?.TrimEnd('\n'),
            ReadLink($"{directory}/exe"),
            ReadText($"{directory}/cgroup") is { } cgroups ? FindContainer(cgroups) : null);
    }

    /// <summary>Finds a container id in the text of <c>/proc/PID/cgroup</c>: every common runtime names the cgroup after its 64-digit id.</summary>
    internal static string? FindContainer(string cgroups)
    {
        Match match = ContainerId().Match(cgroups);
        return match.Success ? match.Value[..ShortIdLength] : null;
    }

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerId();
}
