// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using Sluice.Bpf;
using Sluice.Bpf.Features;

namespace Sluice.Probes.Offsets;

/// <summary>
/// Finds the offsets that hold in the running kernel, for bytecode without CO-RE: a program (bpf/offsets_kern.bpf.c) reads sockets of this process through
/// them, and what it reads must be what this process knows. A value that is wrong is worse than none, so what does not pass is never used.
/// </summary>
internal static class KernelOffsetTrial
{
    private const string ObjectName = "offsets_kern_noncore.o";
    private const string CheckProgram = "sluice_check_kernel";
    private const string DropProgram = "sluice_drop_all";
    private const string Answer = "kernel_check";

    private static readonly Lock s_gate = new();
    private static ProvenOffsets? s_found;

    /// <summary>
    /// The row that holds in this kernel, or the one of which most does. Tried once in a process, with connections to itself on the loopback interface, of each
    /// IP version that this host has: 10 to 300 ms. Never throws for what a kernel or a host lacks: that is the shortcoming.
    /// </summary>
    /// <param name="kernel">Whose rows are tried first.</param>
    public static ProvenOffsets Find(KernelVersion kernel)
    {
        lock (s_gate)
        {
            return s_found ??= TryFind(kernel, KernelOffsetTable.BuiltIn);
        }
    }

    /// <summary>The same with another table, and not remembered.</summary>
    internal static ProvenOffsets TryFind(KernelVersion kernel, KernelOffsetTable table)
    {
        try
        {
            return FindBest(kernel, table);
        }
        catch (Exception failure) when (failure is BpfException or SocketException)
        {
            // Linux before 5.10 does not run such programs on demand.
            return new ProvenOffsets(null, KernelProof.None, failure.Message);
        }
    }

    private static ProvenOffsets FindBest(KernelVersion kernel, KernelOffsetTable table)
    {
        byte[] bytecode = Bytecode.Read(ObjectName);
        using BpfObject dropping = Load(bytecode, DropProgram, null);
        using var sockets = TrialSockets.Open(dropping.Program(DropProgram).Fd);
        ProvenOffsets best = new(null, KernelProof.None, "no known layout of kernel structures fits this kernel.");
        foreach (KernelOffsetRow row in table.CandidatesFor(Bytecode.Machine, kernel))
        {
            using BpfObject trial = Load(bytecode, CheckProgram, row);
            KernelProof proof = sockets.Judge(descriptor => Look(trial, descriptor));
            if (proof == KernelProof.All)
            {
                return new ProvenOffsets(row, proof, string.Empty);
            }

            if (proof.HasFlag(KernelProof.Sockets) && best.Row is null)
            {
                best = new ProvenOffsets(row, KernelProof.Sockets, "no known layout of TCP sockets fits this kernel, nor does the kernel's count of bytes.");
            }
        }

        return best;
    }

    private static BpfObject Load(byte[] bytecode, string wanted, KernelOffsetRow? row)
    {
        BpfObject bpf = BpfObject.Open(bytecode, "offsets_kern");
        try
        {
            foreach (BpfProgram program in bpf.Programs)
            {
                program.SetAutoLoad(program.Name == wanted);
            }

            if (row is not null)
            {
                bpf.SetConstant("kernel", row.Value);
            }

            bpf.Load();
            return bpf;
        }
        catch
        {
            bpf.Dispose();
            throw;
        }
    }

    private static KernelCheck Look(BpfObject trial, nint descriptor)
    {
        ReadOnlySpan<ulong> arguments = [(ulong)descriptor];
        _ = trial.Program(CheckProgram).TestRun(MemoryMarshal.AsBytes(arguments));
        return trial.Map(Answer).TryLookup(0u, out KernelCheck found) ? found : default;
    }
}
