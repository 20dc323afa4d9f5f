// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>A running <c>sluice capture</c>, started as a user of this kernel would, and made to take a bytecode variant.</summary>
internal sealed class SuiteCapture : IDisposable
{
    // Emulated: the just-in-time compiler alone takes seconds there, and the verifier some more.
    private const int ReadyTimeoutMs = 120_000;

    private readonly Command _process;
    private readonly string _events;
    private readonly string _ledger;

    private SuiteCapture(SuiteSetting setting, BytecodeVariant? variant, bool hideBtf, string without, string module, string[] options)
    {
        string name = setting.NextCaptureName();
        _events = setting.Workspace.PathOf(name + ".jsonl");
        _ledger = setting.Workspace.PathOf(name + ".ledger");
        string ready = setting.Workspace.PathOf(name + ".ready");
        List<string> command = [Repository.Sluice, "capture", module, "--sink", "jsonl:" + _events, "--ledger", _ledger, "--ready-file", ready, "--log-level", "debug"];
        if (variant is not null)
        {
            command.AddRange(["--btf", variant.Btf]);
        }

        command.AddRange(options);
        command = [.. Assignments(variant, without), .. command];
        _process = Command.Start("env", [.. hideBtf ? HiddenBtf.Wrap(command) : command]);
        WaitUntilReady(ready);
    }

    public IReadOnlyList<CapturedEvent> Events(string name) => CapturedEvent.Read(_events, name);

    /// <summary>Everything that it said on stderr; after <see cref="Stop"/>.</summary>
    public string Diagnostics { get; private set; } = "";

    /// <summary>Starts it and waits until its probes are attached.</summary>
    public static SuiteCapture Start(SuiteSetting setting, BytecodeVariant? variant, string module, params string[] options) =>
        new(setting, variant, hideBtf: false, "", module, options);

    /// <summary>The same on a kernel without some features, as SLUICE_WITHOUT names them.</summary>
    public static SuiteCapture StartWithout(SuiteSetting setting, BytecodeVariant variant, string features, string module, params string[] options) =>
        new(setting, variant, hideBtf: false, features, module, options);

    /// <summary>The same on a kernel that shows no BTF.</summary>
    public static SuiteCapture StartWithoutBtf(SuiteSetting setting, string module, params string[] options) =>
        new(setting, null, hideBtf: true, "", module, options);

    /// <summary>Stops it as Ctrl-C does; the sums of its ledger must hold.</summary>
    public Ledger Stop()
    {
        _process.Signal("INT");
        (int code, string output, string error) = _process.Wait(60_000);
        Diagnostics = error;
        if (code != 0)
        {
            throw new InvalidOperationException($"sluice ended with {code}: {Tail(error + output)}");
        }

        Ledger ledger = Ledger.Load(_ledger);
        ledger.AssertSumsHold();
        return ledger;
    }

    /// <summary>After <see cref="Stop"/>: it ran the build of the object that it was made to run, not another that works as well.</summary>
    public void AssertUsed(string objectFile) =>
        Assert.True(Diagnostics.Contains(objectFile, StringComparison.Ordinal), $"sluice did not say that it uses {objectFile}: {Diagnostics}");

    public void Dispose() => _process.Dispose();

    /// <summary>Arguments of env(1).</summary>
    private static IEnumerable<string> Assignments(BytecodeVariant? variant, string without)
    {
        if (variant?.KernelVersion is { Length: > 0 } version)
        {
            yield return "SLUICE_KERNEL_VERSION=" + version;
        }

        if (without.Length > 0)
        {
            yield return "SLUICE_WITHOUT=" + without;
        }
    }

    private static string Tail(string text) => string.Join('\n', text.Split('\n').TakeLast(12));

    private void WaitUntilReady(string ready)
    {
        try
        {
            Command.WaitUntil(() => File.Exists(ready) || _process.HasExited, "The ready file", ReadyTimeoutMs);
            if (_process.HasExited)
            {
                (int code, string output, string error) = _process.Wait();
                throw new InvalidOperationException($"sluice ended with {code} before it was ready: {Tail(error + output)}");
            }
        }
        catch
        {
            _process.Dispose();
            throw;
        }
    }
}
