// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Bpf;

namespace Sluice.KernelSuite;

/// <summary>Has the kernel verify every object, whole.</summary>
internal static class BytecodeSteps
{
    // Programs of the modern flavour that have no plain twin; everything else has to load everywhere.
    private static readonly Dictionary<string, KernelFeature[]> s_modern = new(StringComparer.Ordinal)
    {
        ["tls_enter"] = [KernelFeature.Cookie],
        ["tls_leave"] = [KernelFeature.Cookie, KernelFeature.Dynptr],
        ["generate_samples"] = [KernelFeature.Loop],
        ["generate_records"] = [KernelFeature.Loop],
    };

    // In the plain flavour nothing tells where a function's result stands but the number of its arguments.
    private static readonly string[] s_ofFourArguments = ["tcp_accept_fexit_plain", "tcp_accept_fexit_2_plain", "tcp_accept_fexit_3_plain"];

    public static IEnumerable<Step> All(SuiteSetting setting) =>
        Directory.GetFiles(setting.Bytecode, "*.o").Order(StringComparer.Ordinal).Select(path => new Step("bytecode", VariantOf(path), FamilyOf(path), () => Load(setting, path)) { IsQuick = true });

    private static string Load(SuiteSetting setting, string path)
    {
        byte[] file = File.ReadAllBytes(path);
        List<string> left = [];
        int loaded = 0;
        using (BpfObject bpf = BpfObject.Open(file, FamilyOf(path)))
        {
            foreach (BpfProgram program in bpf.Programs)
            {
                bool wanted = Needs(program, bpf).All(feature => setting.Kernel.ReasonToLack(feature) is null);
                program.SetAutoLoad(wanted);
                loaded += wanted ? 1 : 0;
                if (!wanted)
                {
                    left.Add(program.Name);
                }
            }

            bpf.Load();
        }

        // The kernel may be better than its version; that it has been asked shows that nothing is left out in silence.
        string[] refused = [.. left.Where(name => IsRefused(file, name))];
        return $"{loaded} programs verified" + (refused.Length == 0 ? "" : $", refused for want of other features: {string.Join(", ", refused)}")
            + (refused.Length == left.Count ? "" : $", accepted all the same: {string.Join(", ", left.Except(refused))}");
    }

    private static bool IsRefused(byte[] file, string name)
    {
        using BpfObject bpf = BpfObject.Open(file, name);
        foreach (BpfProgram program in bpf.Programs)
        {
            program.SetAutoLoad(program.Name == name);
        }

        try
        {
            bpf.Load();
            return false;
        }
        catch (BpfException)
        {
            return true;
        }
    }

    private static IEnumerable<KernelFeature> Needs(BpfProgram program, BpfObject bpf)
    {
        string kind = program.SectionName.Split('/')[0];
        KernelFeature[] twin = bpf.Programs.Any(other => other.Name == program.Name + "_plain") ? [KernelFeature.Dynptr] : [];
        KernelFeature[] old = s_ofFourArguments.Contains(program.Name) ? [KernelFeature.AcceptOfFourArguments] : [];
        return s_modern.GetValueOrDefault(program.Name, []).Concat(twin).Concat(old).Concat(kind switch
        {
            "fentry" or "fexit" => [KernelFeature.Fentry],
            "tp_btf" => [KernelFeature.BtfTracepoint],
            _ => Enumerable.Empty<KernelFeature>(),
        });
    }

    private static string FamilyOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return name[..(name.IndexOf("_kern", StringComparison.Ordinal) + "_kern".Length)];
    }

    private static string VariantOf(string path) => Path.GetFileNameWithoutExtension(path)[(FamilyOf(path).Length + 1)..];
}
