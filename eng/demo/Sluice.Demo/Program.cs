// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Demo;

internal static class Program
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int BadUsage = 2;
    private const int Interrupted = 130; // 128 + SIGINT, as a shell reports it

    private static async Task<int> Main(string[] args)
    {
        if (args.Any(static arg => arg != "--wait"))
        {
            await Console.Error.WriteLineAsync("usage: make demo [ARGS=--wait]   --wait: keep capturing until Ctrl-C, after the demo's own traffic");
            return BadUsage;
        }

        using var stop = new CancellationTokenSource();
        using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        using PosixSignalRegistration onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);
        try
        {
            await using var demonstration = new Demonstration(DemoTools.Locate());
            await demonstration.RunAsync(args.Length != 0, stop.Token);
            return Done;
        }
        catch (DemoException e)
        {
            await Console.Error.WriteLineAsync($"demo: {e.Message}");
            return e.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("demo: interrupted; everything it started has been stopped.");
            return Interrupted;
        }
        catch (Exception e)
        {
            await Console.Error.WriteLineAsync($"demo: {e}");
            return Failed;
        }

        void Cancel(PosixSignalContext context)
        {
            // The default action would end this process before it has stopped its children.
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
