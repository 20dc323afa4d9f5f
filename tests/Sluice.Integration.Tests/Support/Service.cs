// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>A running <c>sluice run</c> with a configuration of the test, a JSON Lines file and a ledger.</summary>
internal sealed class Service : IDisposable
{
    private readonly Workspace _workspace;
    private readonly Command _process;

    private Service(Workspace workspace, string variable, string value)
    {
        _workspace = workspace;

        // What it says has to be read while it runs.
        _process = Command.StartWith(variable, value, "sh", "-c", $"exec '{Repository.Sluice}' run --config '{ConfigPath}' 2> '{LogPath}'");
    }

    public string ConfigPath => _workspace.PathOf("sluice.yaml");

    public IReadOnlyList<CapturedEvent> Events => CapturedEvent.Read(_workspace.PathOf("service.jsonl"));

    public string Log => File.ReadAllText(LogPath);

    private string LogPath => _workspace.PathOf("service.log");

    /// <summary>Starts it and waits until every probe is attached.</summary>
    /// <param name="workspace">Of the test.</param>
    /// <param name="more">Lines of the configuration, besides module, sink, ledger and ready file.</param>
    /// <param name="variable">Of the environment.</param>
    /// <param name="value">Its value.</param>
    public static Service Start(Workspace workspace, string more, string variable = "SLUICE_WITHOUT", string value = "")
    {
        WriteConfig(workspace, more);
        var service = new Service(workspace, variable, value);
        string ready = workspace.PathOf("service.ready");
        Command.WaitUntil(() => File.Exists(ready) || service._process.HasExited, "The ready file", 30_000);
        Assert.False(service._process.HasExited, service._process.HasExited ? service.Log : "");
        return service;
    }

    /// <summary>Changes the configuration, sends SIGHUP, and waits until the service has said what it made of it.</summary>
    /// <param name="more">As of <see cref="Start"/>.</param>
    /// <param name="says">What it says last.</param>
    public void Reload(string more, string says = ": Reloaded ")
    {
        int before = Count(says);
        WriteConfig(_workspace, more);
        _process.Signal("HUP");
        Command.WaitUntil(() => Count(says) > before || _process.HasExited, "The reload");
        Assert.False(_process.HasExited, "SIGHUP ended the service: " + Log);
    }

    /// <summary>Stops it as a service manager does and gives the final ledger, whose sums must hold.</summary>
    public Ledger Stop()
    {
        _process.Signal("TERM");
        (int code, _, _) = _process.Wait(60_000);
        Assert.True(code == 0, $"sluice ended with {code}: {Log}");
        Ledger ledger = Ledger.Load(_workspace.PathOf("service.ledger.json"));
        ledger.AssertSumsHold();
        return ledger;
    }

    public void Dispose() => _process.Dispose();

    private static void WriteConfig(Workspace workspace, string more) => File.WriteAllText(workspace.PathOf("sluice.yaml"), $"""
        modules: [tls]
        sinks: ["jsonl:{workspace.PathOf("service.jsonl")}"]
        ledger: {workspace.PathOf("service.ledger.json")}
        ready-file: {workspace.PathOf("service.ready")}
        {more}

        """);

    private int Count(string text) => Log.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));
}
