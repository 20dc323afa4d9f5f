// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace Sluice.Probes.Tests;

/// <summary>Programs and libraries of the machine that runs the tests.</summary>
internal static class TestHost
{
    internal static string FindLibrary(string name) =>
        ((string[])["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"])
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists) ?? throw new FileNotFoundException($"The tests need {name}; run 'make setup'.");

    internal static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    /// <summary>Polls until something holds; fails when it does not within the time.</summary>
    internal static void WaitUntil(Func<bool> condition, string what, int timeoutMs = 20_000)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds < timeoutMs, $"Not within {timeoutMs} ms: {what}");
            Thread.Sleep(20);
        }
    }
}
