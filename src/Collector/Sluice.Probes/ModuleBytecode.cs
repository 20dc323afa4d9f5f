// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes;

/// <summary>Which build of a module's object runs here.</summary>
public static class ModuleBytecode
{
    /// <summary>The object of the module <c>tls</c>.</summary>
    public const string OpenSsl = "openssl_kern.o";

    /// <summary>The object of the module <c>connections</c>.</summary>
    public const string Connections = "connections_kern.o";

    /// <summary>Chooses by what the user asked for and what this host is.</summary>
    /// <param name="baseName">The object's name without a variant, such as <see cref="OpenSsl"/>.</param>
    /// <param name="options">What the user asked for.</param>
    /// <param name="host">As <see cref="HostEnvironment.Read"/> found it.</param>
    public static BytecodeChoice Choose(string baseName, CaptureOptions options, HostEnvironment host)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(host);
        return BytecodeSelection.Choose(new BytecodeRequest
        {
            BaseName = baseName,
            Mode = options.Bytecode,
            Kernel = options.KernelVersion ?? host.KernelVersion,
            HasKernelBtf = File.Exists(KernelFeatures.KernelBtfPath),
            BtfFile = options.BtfFile,
            ContainerHint = host.ContainerHint,
        });
    }
}
