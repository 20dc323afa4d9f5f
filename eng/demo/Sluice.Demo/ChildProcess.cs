// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Demo;

/// <summary>
/// A program that the demo runs, with its output read line by line on thread-pool threads. Disposing kills it if it still runs.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_killPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly StringBuilder _errors = new();
    private readonly StringBuilder _output = new();

    private ChildProcess(Process process, Action<string>? onOutput, Action<string>? onError)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data, _output, onOutput);
        process.ErrorDataReceived += (_, line) => Take(line.Data, _errors, onError);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => Read(_output);

    /// <summary>What it has written to standard error so far.</summary>
    public string Errors => Read(_errors);

    /// <summary>Starts a program. The callbacks are called with one line each, one at a time.</summary>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string? folder = null, Action<string>? onOutput = null, Action<string>? onError = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        var process = new Process { StartInfo = start };
        var child = new ChildProcess(process, onOutput, onError);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Writes all of its standard input and closes it.</summary>
    public async Task FeedAsync(string input, CancellationToken stop)
    {
        await _process.StandardInput.WriteAsync(input.AsMemory(), stop);
        _process.StandardInput.Close();
    }

    /// <summary>Waits for its end and all of its output.</summary>
    /// <exception cref="DemoException">It did not end in time.</exception>
    public async Task<int> WaitAsync(string what, TimeSpan timeout, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(timeout);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DemoException($"{what} did not end within {timeout.TotalSeconds:0} s.\n{Errors}");
        }
    }

    /// <summary>Asks it to end in order.</summary>
    public void Terminate() => Signals.Terminate(_process.Id);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            using var patience = new CancellationTokenSource(s_killPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // Stuck in the kernel: nothing more can be done from here.
            }
        }

        _process.Dispose();
    }

    private void Take(string? line, StringBuilder all, Action<string>? callback)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            all.AppendLine(line);
            callback?.Invoke(line);
        }
    }

    private string Read(StringBuilder all)
    {
        lock (_gate)
        {
            return all.ToString();
        }
    }
}
