// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Engine;

/// <summary>Does to an object what a declaration says: the same for the trials and for the object that counts.</summary>
internal static class DeclarationEdits
{
    public static BpfObject Open(this BpfDeclaration declaration, SessionOptions options) =>
        BpfObject.Open(declaration.Bytecode.Span, declaration.ObjectName, options.BtfPath);

    /// <summary>Sets constants and maps, and has the load take the programs of the probes and the named ones, and no other.</summary>
    /// <exception cref="BpfException">The object lacks a program, map or constant; the message lists those it has.</exception>
    public static void Edit(this BpfDeclaration declaration, BpfObject bpf, IReadOnlyCollection<Probe> probes, IReadOnlyCollection<string> programs)
    {
        foreach (ConstantEditor constant in declaration.ConstantEditors)
        {
            Apply(constant, bpf);
        }

        foreach (MapEdit map in declaration.Maps)
        {
            map.Apply(bpf);
        }

        HashSet<string> wanted = new(probes.Select(static probe => probe.Program).Concat(programs), StringComparer.Ordinal);
        foreach (BpfProgram program in bpf.Programs)
        {
            program.SetAutoLoad(wanted.Contains(program.Name));
        }

        foreach (string program in declaration.UprobeMultiPrograms.Where(wanted.Contains))
        {
            bpf.Program(program).UseUprobeMulti();
        }

        foreach (Probe probe in probes)
        {
            probe.Prepare(bpf.Program(probe.Program));
        }

        // Asked for by name, so that a program that the object lacks is missed now and not by an unknowing caller later.
        foreach (string program in programs)
        {
            _ = bpf.Program(program);
        }
    }

    private static void Apply(ConstantEditor constant, BpfObject bpf)
    {
        try
        {
            constant.Apply(bpf);
        }
        catch (ArgumentException mismatch)
        {
            // An object of another build, as the user sees it.
            throw new BpfException("bpf_map__initial_value", Errno.EINVAL, mismatch.Message, mismatch);
        }
    }
}
