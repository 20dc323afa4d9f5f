// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;
using Sluice.Integration.Tests.Support;

namespace Sluice.KernelSuite;

/// <summary><c>openssl s_server</c> and <c>openssl s_client</c> that tell each other numbered lines, one after the other: one TLS record a line.</summary>
internal sealed class OpenSslPair : IDisposable
{
    private const int AnswerTimeoutMs = 30_000;

    private readonly List<Process> _processes = [];

    private OpenSslPair()
    {
    }

    public int ServerPid { get; private set; }

    public int ClientPid { get; private set; }

    public int ServerPort { get; private set; }

    /// <summary>Runs the whole exchange.</summary>
    public static OpenSslPair Exchange(Workspace workspace, int lines)
    {
        var pair = new OpenSslPair { ServerPort = Workspace.FreePort() };
        try
        {
            string address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{pair.ServerPort}");
            Process server = pair.Start("s_server", "-quiet", "-naccept", "1", "-accept", address, "-cert", workspace.Certificate, "-key", workspace.Key);
            WaitForListener(pair.ServerPort);
            Process client = pair.Start("s_client", "-quiet", "-no_ign_eof", "-connect", address);
            pair.ServerPid = server.Id;
            pair.ClientPid = client.Id;
            for (int i = 0; i < lines; i++)
            {
                Tell(client, server, Line("client", i));
                Tell(server, client, Line("server", i));
            }

            client.StandardInput.Close();
            WaitForEnd(client);
            server.StandardInput.Close();
            WaitForEnd(server);
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    public static string Line(string side, int number) => string.Create(CultureInfo.InvariantCulture, $"{side} line {number:D6}\n");

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }
    }

    private static void Tell(Process from, Process to, string line)
    {
        from.StandardInput.Write(line);
        from.StandardInput.Flush();
        Task<string?> heard = to.StandardOutput.ReadLineAsync();
        if (!heard.Wait(AnswerTimeoutMs) || heard.Result + "\n" != line)
        {
            throw new TimeoutException($"openssl did not hear '{line.Trim()}' from the other side; it heard '{(heard.IsCompleted ? heard.Result : null)}'.");
        }
    }

    private static void WaitForListener(int port)
    {
        string wanted = string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4} 00000000:0000 0A");
        Command.WaitUntil(() => System.IO.File.ReadAllText("/proc/net/tcp").Contains(wanted, StringComparison.Ordinal), "openssl s_server listening", AnswerTimeoutMs);
    }

    private static void WaitForEnd(Process process)
    {
        if (!process.WaitForExit(AnswerTimeoutMs))
        {
            throw new TimeoutException("openssl did not end after its input did.");
        }
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("openssl did not start.");
        _ = process.StandardError.ReadToEndAsync();
        _processes.Add(process);
        return process;
    }
}
