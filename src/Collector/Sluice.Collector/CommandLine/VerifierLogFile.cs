// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf;

namespace Sluice.Collector.CommandLine;

/// <summary>Keeps the verifier's log of a rejected program under the state directory, for a bug report.</summary>
internal static class VerifierLogFile
{
    /// <summary>Writes the log; null when no place for it could be written to (the failure itself matters more).</summary>
    public static string? TryWrite(VerifierException rejected)
    {
        try
        {
            string directory = StateDirectory();
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string path = Path.Combine(directory, "verifier-" + rejected.ProgramName + ".log");
            File.WriteAllText(path, rejected.Log);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string StateDirectory() =>
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state ? Path.Combine(state, "sluice")
        : Environment.IsPrivilegedProcess ? "/var/lib/sluice"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/state/sluice");
}
