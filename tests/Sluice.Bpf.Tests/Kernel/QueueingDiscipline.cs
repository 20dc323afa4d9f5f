// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>The clsact queueing discipline of an interface, as iproute2's tc sees it: a second opinion.</summary>
internal sealed class QueueingDiscipline : IDisposable
{
    private readonly string _interface;

    private QueueingDiscipline(string name) => _interface = name;

    public static bool HasClsact(string name) => Tc("qdisc", "show", "dev", name).Contains("clsact", StringComparison.Ordinal);

    public static QueueingDiscipline AddClsact(string name)
    {
        Tc("qdisc", "add", "dev", name, "clsact");
        return new QueueingDiscipline(name);
    }

    public void Dispose() => Tc("qdisc", "del", "dev", _interface, "clsact");

    private static string Tc(params string[] arguments)
    {
        ProcessStartInfo start = new("tc", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process? process = TryStart(start);
        Assert.SkipWhen(process is null, "Needs tc (iproute2).");
        string output = process!.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"tc {string.Join(' ', arguments)}: {process.StandardError.ReadToEnd()}");
        return output;
    }

    private static Process? TryStart(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
