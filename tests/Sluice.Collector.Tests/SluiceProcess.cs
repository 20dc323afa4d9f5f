// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Sluice.Collector.Tests;

/// <summary>Runs the built program, as a user would.</summary>
internal static class SluiceProcess
{
    // Generous: the machine may be busy with other tests. A command that is refused takes a tenth of a second.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// In the program's own output directory: only there its native libraries lie where its dependency file says. This assembly's output has the same
    /// configuration and framework, below another project.
    /// </summary>
    public static string ExecutablePath { get; } = FindExecutable();

    public static Task<ProcessOutcome> RunAsync(params IEnumerable<string> arguments) => RunProgramAsync(ExecutablePath, arguments);

    /// <summary>As user 65534 without any capability. Runs a copy: the repository may lie where that user cannot go, such as /root.</summary>
    public static async Task<ProcessOutcome> RunUnprivilegedAsync(params IEnumerable<string> arguments)
    {
        string folder = Directory.CreateTempSubdirectory("sluice-").FullName;
        try
        {
            string copy = CopyForEveryone(folder);
            return await RunProgramAsync(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", copy, .. arguments]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What a shell makes of the line; the program is <see cref="ExecutablePath"/> there.</summary>
    public static Task<ProcessOutcome> RunShellAsync(string script) => RunProgramAsync("sh", ["-c", script]);

    /// <summary>As process 1 of a new PID namespace, as in a container; all privileges stay.</summary>
    public static Task<ProcessOutcome> RunInPidNamespaceAsync(params IEnumerable<string> arguments) =>
        RunProgramAsync("unshare", ["--pid", "--fork", "--mount-proc", ExecutablePath, .. arguments]);

    private static string CopyForEveryone(string folder)
    {
        const UnixFileMode everyone = (UnixFileMode)0b111_101_101;
        string source = Path.GetDirectoryName(ExecutablePath)!;
        File.SetUnixFileMode(folder, everyone);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!, everyone);
            File.Copy(file, target);
            File.SetUnixFileMode(target, everyone);
        }

        return Path.Combine(folder, Path.GetFileName(ExecutablePath));
    }

    private static string FindExecutable()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string output = Path.Combine(
            framework.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src/Collector/Sluice.Collector/bin", framework.Parent.Name, framework.Name);
        return Directory.EnumerateFiles(output, "sluice", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
    }

    private static async Task<ProcessOutcome> RunProgramAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw;
        }

        return new ProcessOutcome(process.ExitCode, await output, await error);
    }
}
