// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Integration.Tests.Support;

/// <summary>Programs that run to their end, and programs in the background. Both are killed, with their children, when a test forgets them.</summary>
internal sealed class Command : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private Command(ProcessStartInfo start)
    {
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public int Pid => _process.Id;

    public static Command Start(string program, params string[] arguments) => new(StartInfo(program, arguments));

    public static Command StartWith(string variable, string value, string program, params string[] arguments)
    {
        ProcessStartInfo start = StartInfo(program, arguments);
        start.Environment[variable] = value;
        return new Command(start);
    }

    /// <summary>Runs a program and gives its standard output; any exit code but 0 fails the test with what it wrote.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Command command = Start(program, arguments);
        return command.WaitForSuccess();
    }

    /// <summary>The same, and the process id it had.</summary>
    public static (string Output, int Pid) RunWithPid(string program, params string[] arguments)
    {
        using Command command = Start(program, arguments);
        return (command.WaitForSuccess(), command.Pid);
    }

    public string WaitForSuccess(int timeoutMs = 120_000)
    {
        (int code, string output, string error) = Wait(timeoutMs);
        return code == 0
            ? output
            : throw new InvalidOperationException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} ended with {code}: {error}{output}");
    }

    public (int ExitCode, string Output, string Error) Wait(int timeoutMs = 120_000)
    {
        if (!_process.WaitForExit(timeoutMs))
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{_process.StartInfo.FileName} did not end within {timeoutMs} ms. {_error.Result}");
        }

        return (_process.ExitCode, _output.Result, _error.Result);
    }

    /// <summary>By the shell's own <c>kill</c>: the program of that name is not on every machine.</summary>
    public void Signal(string name) => Run("sh", "-c", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"kill -{name} {Pid}"));

    public bool HasExited => _process.HasExited;

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>Waits for a condition; fails with <paramref name="what"/> when it does not come true.</summary>
    public static void WaitUntil(Func<bool> condition, string what, int timeoutMs = 20_000)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.ElapsedMilliseconds > timeoutMs)
            {
                throw new TimeoutException($"{what}: not within {timeoutMs} ms.");
            }

            Thread.Sleep(20);
        }
    }

    private static ProcessStartInfo StartInfo(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
