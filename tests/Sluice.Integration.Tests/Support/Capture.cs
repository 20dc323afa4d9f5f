// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>A running <c>sluice capture</c> with a JSON Lines file and a ledger.</summary>
internal sealed class Capture : IDisposable
{
    private readonly Workspace _workspace;
    private readonly Command _process;
    private readonly string _events;
    private readonly string _ledger;

    private Capture(Workspace workspace, string module, string variable, string value, string[] options)
    {
        _workspace = workspace;
        _events = workspace.PathOf("capture.jsonl");
        _ledger = workspace.PathOf("capture.ledger.json");
        ReadyFile = workspace.PathOf("capture.ready");
        List<string> arguments = ["capture", module, "--ledger", _ledger, "--ready-file", ReadyFile, .. options];
        if (!options.Contains("--sink"))
        {
            arguments.AddRange(["--sink", "jsonl:" + _events]);
        }

        _process = Command.StartWith(variable, value, Repository.Sluice, [.. arguments]);
    }

    public string ReadyFile { get; }

    public string SinkName => "jsonl:" + _events;

    public int Pid => _process.Pid;

    public Command Process => _process;

    /// <summary>Events that have reached the file by now.</summary>
    public IReadOnlyList<CapturedEvent> Events => EventsOf("tls.data");

    /// <summary>Starts a capture of TLS and waits until every probe is attached.</summary>
    public static Capture Start(Workspace workspace, params string[] options) => StartWithout("", workspace, options);

    /// <summary>The same on a kernel without some features, as SLUICE_WITHOUT names them.</summary>
    public static Capture StartWithout(string features, Workspace workspace, params string[] options) => StartModule("tls", features, workspace, options);

    /// <summary>The same of another module.</summary>
    public static Capture StartModule(string module, string features, Workspace workspace, params string[] options) =>
        StartWith(module, "SLUICE_WITHOUT", features, workspace, options);

    /// <summary>A capture of TLS with the bytecode of another kernel version.</summary>
    public static Capture StartAsOn(string kernelVersion, Workspace workspace, params string[] options) =>
        StartWith("tls", "SLUICE_KERNEL_VERSION", kernelVersion, workspace, options);

    private static Capture StartWith(string module, string variable, string value, Workspace workspace, string[] options)
    {
        var capture = new Capture(workspace, module, variable, value, options);
        try
        {
            Command.WaitUntil(() => File.Exists(capture.ReadyFile) || capture._process.HasExited, "The ready file", 30_000);
            if (capture._process.HasExited)
            {
                (int code, string output, string error) = capture._process.Wait();
                throw new InvalidOperationException($"sluice ended with {code} before it was ready: {error}{output}");
            }

            return capture;
        }
        catch
        {
            capture.Dispose();
            throw;
        }
    }

    /// <summary>Events of one name that have reached the file by now.</summary>
    public IReadOnlyList<CapturedEvent> EventsOf(string name) => CapturedEvent.Read(_events, name);

    /// <summary>Stops it as Ctrl-C does and gives the final ledger, whose sums must hold.</summary>
    public Ledger Stop()
    {
        if (!_process.HasExited)
        {
            _process.Signal("INT");
        }

        (int code, string output, string error) = _process.Wait(60_000);
        Assert.True(code == 0, $"sluice ended with {code}: {error}{output}");
        Ledger ledger = Ledger.Load(_ledger);
        ledger.AssertSumsHold();
        return ledger;
    }

    public Ledger CurrentLedger() => Ledger.Load(_ledger);

    public void Dispose() => _process.Dispose();
}
