// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>What the privileged tests start with: skip where the host cannot do it, fail where it should but does not.</summary>
internal static class KernelTest
{
    private const int CAP_PERFMON = 38;
    private const int CAP_BPF = 39;
    private const int CAP_SYS_ADMIN = 21;

    private static string NativeDirectory => Path.Combine(AppContext.BaseDirectory, "native");

    public static string TargetLibrary => Path.Combine(NativeDirectory, "libtarget.so");

    /// <summary>Skips with the reason when this process may not use BPF. Whoever may gets no skip: a missing feature fails the test.</summary>
    public static void RequirePrivilege()
    {
        ulong effective = EffectiveCapabilities();
        bool capable = Has(effective, CAP_SYS_ADMIN) || (Has(effective, CAP_BPF) && Has(effective, CAP_PERFMON));
        Assert.SkipUnless(capable, "Needs root, or CAP_BPF and CAP_PERFMON.");
        Assert.True(
            File.Exists(ObjectFile("kernel_test")),
            "The test's BPF object was not built: install clang and libbpf-dev, and build again.");
    }

    public static BpfObject Open() => BpfObject.Open(ReadObject("kernel_test"), "kernel_test");

    /// <summary>The bytes of native/NAME.bpf.c, compiled.</summary>
    public static byte[] ReadObject(string name) => File.ReadAllBytes(ObjectFile(name));

    public static BpfObject Load()
    {
        BpfObject bpf = Open();
        bpf.Load();
        return bpf;
    }

    /// <summary>The context of a raw tracepoint: its arguments.</summary>
    public static byte[] Arguments(params ReadOnlySpan<ulong> arguments)
    {
        byte[] context = new byte[arguments.Length * sizeof(ulong)];
        for (int i = 0; i < arguments.Length; i++)
        {
            BitConverter.TryWriteBytes(context.AsSpan(i * sizeof(ulong)), arguments[i]);
        }

        return context;
    }

    /// <summary>Where native/NAME.bpf.c, compiled, lies.</summary>
    public static string ObjectFile(string name) => Path.Combine(NativeDirectory, name + ".bpf.o");

    private static bool Has(ulong effective, int capability) => (effective >> capability & 1) != 0;

    private static ulong EffectiveCapabilities()
    {
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal))
            {
                return ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidDataException("/proc/self/status has no CapEff line.");
    }
}
