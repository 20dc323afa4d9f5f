// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Net.Sockets;

namespace Sluice.Probes.Offsets;

/// <summary>
/// Sockets of this process of which it knows everything that programs read: a connection of each IP version with bytes of a different number each way, some
/// of them sent again, one whose peer has ended; and an attempt that was refused.
/// </summary>
internal sealed class TrialSockets : IDisposable
{
    private readonly List<TrialConnection> _connections = [];
    private RefusedAttempt? _refused;

    private TrialSockets()
    {
    }

    /// <param name="dropProgram">Descriptor of a socket filter that takes no packet.</param>
    /// <exception cref="SocketException">This host has no loopback interface.</exception>
    public static TrialSockets Open(int dropProgram)
    {
        var sockets = new TrialSockets();
        try
        {
            sockets._connections.Add(new TrialConnection(AddressFamily.InterNetwork, dropProgram));
            if (Socket.OSSupportsIPv6)
            {
                sockets._connections.Add(new TrialConnection(AddressFamily.InterNetworkV6, dropProgram: null));
            }

            sockets._refused = new RefusedAttempt();
            return sockets;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }
    }

    /// <summary>What holds of what is read.</summary>
    /// <param name="read">Reads a socket by its descriptor.</param>
    public KernelProof Judge(Func<nint, KernelCheck> read)
    {
        KernelProof proof = KernelProof.All;
        foreach (TrialConnection connection in _connections)
        {
            proof &= connection.Judge(read);
        }

        return proof.HasFlag(KernelProof.Sockets) && _refused!.IsDescribedBy(read(_refused.Descriptor)) ? proof : KernelProof.None;
    }

    public void Dispose()
    {
        _connections.ForEach(static connection => connection.Dispose());
        _refused?.Dispose();
    }
}
