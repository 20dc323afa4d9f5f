// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Reflection;

namespace Sluice.Probes;

/// <summary>The compiled BPF objects inside this assembly.</summary>
internal static class Bytecode
{
    /// <summary>Reads an object, such as <c>openssl_kern_core.o</c>.</summary>
    /// <exception cref="InvalidOperationException">The assembly was built without it.</exception>
    public static byte[] Read(string name)
    {
        using Stream? resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("bpf/" + name);
        if (resource is null)
        {
            throw new InvalidOperationException($"This build of Sluice has no BPF object {name}; build it with `make build`.");
        }

        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
