// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text;

namespace Sluice.Integration.Tests.Support;

/// <summary>The program once more, in the workspace, with its BPF objects changed: what a damaged or wrongly built installation has.</summary>
internal sealed class ProgramCopy
{
    private const int MachineAt = 18;
    private const ushort EM_BPF = 247;

    private readonly string _assembly;

    private ProgramCopy(string directory)
    {
        Executable = Path.Combine(directory, "sluice");
        _assembly = Path.Combine(directory, "Sluice.Probes.dll");
    }

    public string Executable { get; }

    public static ProgramCopy Make(Workspace workspace)
    {
        string directory = workspace.PathOf("program");
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Repository.Sluice)!))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        return new ProgramCopy(directory);
    }

    /// <summary>Puts bytes in the place of as many others, everywhere; throws when there is nothing to change.</summary>
    public ProgramCopy Replace(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> instead)
    {
        byte[] bytes = File.ReadAllBytes(_assembly);
        int at = bytes.AsSpan().IndexOf(wanted);
        if (at < 0 || wanted.Length != instead.Length)
        {
            throw new InvalidOperationException("The program's BPF objects hold no such bytes.");
        }

        for (int next = at; next >= 0; next = bytes.AsSpan(at).IndexOf(wanted), at += Math.Max(next, 0))
        {
            instead.CopyTo(bytes.AsSpan(at));
        }

        File.WriteAllBytes(_assembly, bytes);
        return this;
    }

    /// <summary>A name of the objects: of a map, a program or a constant.</summary>
    public ProgramCopy Rename(string name, string other) => Replace(Encoding.ASCII.GetBytes($"\0{name}\0"), Encoding.ASCII.GetBytes($"\0{other}\0"));

    /// <summary>The field of the ELF header that says which processor the object is for.</summary>
    public ProgramCopy ChangeMachine(ushort machine)
    {
        byte[] bytes = File.ReadAllBytes(_assembly);
        ReadOnlySpan<byte> magic = "\u007fELF"u8;
        int changed = 0;
        for (int at = 0, next = 0; (next = bytes.AsSpan(at).IndexOf(magic)) >= 0; at += next + magic.Length)
        {
            Span<byte> field = bytes.AsSpan(at + next + MachineAt, sizeof(ushort));
            if (BitConverter.ToUInt16(field) == EM_BPF)
            {
                BitConverter.TryWriteBytes(field, machine);
                changed++;
            }
        }

        File.WriteAllBytes(_assembly, bytes);
        return changed > 0 ? this : throw new InvalidOperationException("The program holds no BPF objects.");
    }
}
