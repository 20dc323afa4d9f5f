// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Sluice.Bpf;
using Sluice.Bpf.Features;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.OpenSsl;

/// <summary>
/// Finds the offsets that hold in the running kernel, for bytecode without CO-RE: a program reads a socket of this process through them, and what it
/// reads must be what this process knows. An address that is wrong is worse than none, so offsets that do not pass are never used.
/// </summary>
internal static class KernelOffsetTrial
{
    private const string Program = "sluice_check_kernel";
    private const string Answer = "kernel_check";
    private const byte Tcp = 6;
    private const byte TcpEstablished = 1;

    /// <summary>Opens two connections to itself on the loopback interface, one of each IP version that this host has. Some milliseconds for each row that is tried.</summary>
    /// <param name="objectName">The object whose programs will use the offsets.</param>
    /// <param name="kernel">Whose rows are tried first.</param>
    /// <returns>Null when no known row holds.</returns>
    /// <exception cref="BpfException">The kernel cannot run the trial: it is older than 5.10, or refuses the program.</exception>
    /// <exception cref="SocketException">This host has no loopback interface.</exception>
    public static KernelOffsetRow? FindHolding(string objectName, KernelVersion kernel)
    {
        using var connection = new LoopbackConnection(IPAddress.Loopback);
        using LoopbackConnection? second = Socket.OSSupportsIPv6 ? LoopbackConnection.TryOpen(IPAddress.IPv6Loopback) : null;
        LoopbackConnection[] connections = second is null ? [connection] : [connection, second];
        byte[] bytecode = Bytecode.Read(objectName);
        return KernelOffsetTable.BuiltIn.CandidatesFor(Bytecode.Machine, kernel).FirstOrDefault(row => Holds(bytecode, row, connections));
    }

    private static bool Holds(byte[] bytecode, KernelOffsetRow row, IEnumerable<LoopbackConnection> connections)
    {
        using BpfObject bpf = BpfObject.Open(bytecode, "openssl_kern");
        foreach (BpfProgram program in bpf.Programs)
        {
            program.SetAutoLoad(program.Name == Program);
        }

        // The trial uses none of the large maps.
        foreach (string map in new[] { "connections", "thread_calls" })
        {
            bpf.Map(map).MaxEntries = 1;
        }

        bpf.SetConstant("kernel", row.Value);
        bpf.Load();
        return connections.All(connection => Agrees(bpf, connection));
    }

    private static bool Agrees(BpfObject bpf, LoopbackConnection connection)
    {
        ReadOnlySpan<ulong> arguments = [(ulong)connection.Descriptor];
        _ = bpf.Program(Program).TestRun(MemoryMarshal.AsBytes(arguments));
        return bpf.Map(Answer).TryLookup(0u, out KernelCheck found) && connection.IsDescribedBy(found);
    }

    /// <summary>A TCP connection of this process with itself.</summary>
    private sealed class LoopbackConnection : IDisposable
    {
        private const ushort AF_INET = 2, AF_INET6 = 10;

        private readonly TcpListener _listener;
        private readonly Socket _client;

        public LoopbackConnection(IPAddress address)
        {
            _listener = new TcpListener(address, 0);
            _client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                _listener.Start();

                // The backlog takes it: nobody has to accept.
                _client.Connect(_listener.LocalEndpoint);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public nint Descriptor => _client.Handle;

        public static LoopbackConnection? TryOpen(IPAddress address)
        {
            try
            {
                return new LoopbackConnection(address);
            }
            catch (SocketException)
            {
                return null;
            }
        }

        public bool IsDescribedBy(in KernelCheck check)
        {
            var local = (IPEndPoint)_client.LocalEndPoint!;
            var peer = (IPEndPoint)_client.RemoteEndPoint!;
            return check.Found == 1
                && check.Family == (local.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6)
                && check.Transport == Tcp
                && check.State == TcpEstablished
                && check.LocalPort == local.Port
                && check.PeerPort == peer.Port
                && IsAddress(check.LocalAddress, local.Address)
                && IsAddress(check.PeerAddress, peer.Address)
                && IsProcessName(check.Comm);
        }

        public void Dispose()
        {
            _client.Dispose();
            _listener.Dispose();
        }

        private static bool IsAddress(ReadOnlySpan<byte> found, IPAddress known)
        {
            byte[] bytes = known.GetAddressBytes();
            return found[..bytes.Length].SequenceEqual(bytes) && found[bytes.Length..].IndexOfAnyExcept((byte)0) < 0;
        }

        private static bool IsProcessName(ReadOnlySpan<byte> found)
        {
            int end = found.IndexOf((byte)0);
            return end >= 0 && Encoding.UTF8.GetString(found[..end]) == File.ReadAllText("/proc/self/comm").TrimEnd('\n');
        }
    }
}
