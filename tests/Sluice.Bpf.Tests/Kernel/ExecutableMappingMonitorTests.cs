// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

public sealed class ExecutableMappingMonitorTests
{
    [Fact]
    public async Task Run_ProcessStarts_ReportsItsProgramWithDeviceAndInode()
    {
        KernelTest.RequirePrivilege();
        string copy = Path.Combine(Path.GetTempPath(), "sluice-mapping-" + Guid.NewGuid().ToString("N"));
        File.Copy("/bin/true", copy);
        ConcurrentQueue<ExecutableMapping> seen = new();
        using ExecutableMappingMonitor monitor = new();
        Task run = Task.Factory.StartNew(() => monitor.Run(seen.Enqueue), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            using Process process = Process.Start(copy);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(SpinWait.SpinUntil(() => seen.Any(mapping => mapping.Path == copy), 5000), "the mapping was not reported");

            ExecutableMapping reported = seen.First(mapping => mapping.Path == copy);
            Assert.Equal(process.Id, reported.Pid);
            Assert.Equal(await StatAsync("%i", copy), reported.Inode.ToString());
            Assert.Contains(seen, mapping => mapping.Path.Contains("libc", StringComparison.Ordinal));
            Assert.DoesNotContain(seen, mapping => mapping.Inode == 0);
        }
        finally
        {
            File.Delete(copy);
            monitor.Stop();
            await run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Dispose_WhileRunning_EndsTheRun()
    {
        KernelTest.RequirePrivilege();
        ExecutableMappingMonitor monitor = new(pagesPerCpu: 1);
        Task run = Task.Factory.StartNew(() => monitor.Run(_ => { }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        monitor.Dispose();

        // Either the run ended, or Dispose came first and it never began.
        Exception? failure = await Record.ExceptionAsync(() => run.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.True(failure is null or ObjectDisposedException, failure?.ToString());
    }

    private static async Task<string> StatAsync(string format, string path)
    {
        ProcessStartInfo start = new("stat", ["-c", format, path]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        return (await process.StandardOutput.ReadToEndAsync()).Trim();
    }
}
