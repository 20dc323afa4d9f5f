// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Linq;

namespace Sluice.Probes.Tests.Targets;

/// <summary>An <c>openssl dgst</c> that waits for input with libssl mapped, until it is disposed.</summary>
internal sealed class HeldProcess : IDisposable
{
    private readonly Process _process;

    /// <param name="libraryDirectory">Where the linker looks first.</param>
    /// <param name="wrapper">A command in front, such as <c>unshare -m sh -c</c> with its script, that ends in <c>exec "$@"</c>.</param>
    internal HeldProcess(string? libraryDirectory = null, params string[] wrapper)
    {
        string[] command = [.. wrapper, "openssl", "dgst", "-sha256"];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        if (libraryDirectory is not null)
        {
            start.Environment["LD_LIBRARY_PATH"] = libraryDirectory;
        }

        _process = Process.Start(start)!;
        TestHost.WaitUntil(() => MapsText.Contains("libssl.so.3", StringComparison.Ordinal), "openssl maps libssl");
    }

    internal int Id => _process.Id;

    private string MapsText => System.IO.File.ReadAllText($"/proc/{Id}/maps");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
