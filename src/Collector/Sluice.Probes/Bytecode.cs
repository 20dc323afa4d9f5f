// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Sluice.Probes;

/// <summary>The compiled BPF objects inside this assembly: of every processor that Sluice knows, four variants of each program family.</summary>
internal static class Bytecode
{
    /// <summary>This machine's name among the objects (as bpf/Makefile knows it).</summary>
    /// <exception cref="PlatformNotSupportedException">There is no bytecode for this processor.</exception>
    public static string Machine => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "x86",
        Architecture.Arm64 => "arm64",
        Architecture other => throw new PlatformNotSupportedException($"Sluice has no BPF programs for {other} processors; it runs on x86-64 and arm64."),
    };

    /// <summary>Reads this machine's build of an object, such as <c>openssl_kern_core.o</c>.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without it.</exception>
    public static byte[] Read(string name) => Read(Machine, name);

    /// <summary>Reads an object of any machine.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without it.</exception>
    public static byte[] Read(string machine, string name)
    {
        string path = $"bpf/{machine}/{name}";
        using Stream? resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(path);
        if (resource is null)
        {
            throw new InvalidOperationException($"This build of Sluice has no BPF object {path}; build it with `make build`.");
        }

        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
