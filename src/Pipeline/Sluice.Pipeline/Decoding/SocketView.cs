// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Decoding;

/// <summary>The two ends of a socket as a sample gives them. Lives as long as the sample; copies no address, allocates nothing.</summary>
public readonly ref struct SocketView
{
    private const byte FamilyUnix = 1;
    private const byte FamilyInet = 2;
    private const byte FamilyInet6 = 10;
    private const int IPv4Bytes = 4;

    private readonly ref readonly Address16 _local;
    private readonly ref readonly Address16 _peer;
    private readonly byte _family;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SocketView(byte family, byte transport, ref readonly Address16 local, ushort localPort, ref readonly Address16 peer, ushort peerPort)
    {
        _family = family;
        Transport = transport;
        _local = ref local;
        LocalPort = localPort;
        _peer = ref peer;
        PeerPort = peerPort;
    }

    /// <summary>IPPROTO number; 0 when neither TCP nor UDP, or not known.</summary>
    public byte Transport { get; }

    /// <summary>0 when it is not known.</summary>
    public ushort LocalPort { get; }

    /// <summary>0 when it is not known.</summary>
    public ushort PeerPort { get; }

    public bool IsUnixSocket => _family == FamilyUnix;

    /// <summary>An Internet socket. Its addresses may still be missing, as of a socket that is not connected.</summary>
    public bool IsInternetSocket => _family is FamilyInet or FamilyInet6;

    /// <summary>
    /// True when IPv4 is spoken, also through an IPv6 socket (IPv4-mapped addresses). Only of use when <see cref="IsInternetSocket"/>.
    /// </summary>
    public bool IsIPv4 => _family == FamilyInet || IsIPv4Mapped(_peer) || IsIPv4Mapped(_local);

    /// <summary>4 or 16 bytes in network order; empty when it is not known. IPv4-mapped addresses come as IPv4.</summary>
    public ReadOnlySpan<byte> LocalAddress => Address(in _local);

    /// <inheritdoc cref="LocalAddress"/>
    public ReadOnlySpan<byte> PeerAddress => Address(in _peer);

    private static bool IsIPv4Mapped(ReadOnlySpan<byte> address) =>
        address.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

    private ReadOnlySpan<byte> Address(ref readonly Address16 address)
    {
        ReadOnlySpan<byte> stored = address;
        ReadOnlySpan<byte> known = _family switch
        {
            FamilyInet => stored[..IPv4Bytes],
            FamilyInet6 => IsIPv4Mapped(stored) ? stored[^IPv4Bytes..] : stored,
            _ => default,
        };

        // "Any" is what the kernel keeps for an address that is not there yet; it must not look like one (DESIGN §3).
        return known.ContainsAnyExcept((byte)0) ? known : default;
    }
}
