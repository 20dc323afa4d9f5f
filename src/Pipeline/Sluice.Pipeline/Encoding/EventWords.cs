// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Encoding;

/// <summary>The words that stand for the numbers of the wire format; empty for what is not known.</summary>
public static class EventWords
{
    internal const byte ProtocolUdp = 17;
    private const byte ProtocolTcp = 6;
    private const int DatagramMajor = 0xfe;

    /// <summary>Value of <c>network.io.direction</c>.</summary>
    public static ReadOnlySpan<byte> Direction(TrafficDirection direction) => direction switch
    {
        TrafficDirection.Transmit => "transmit"u8,
        TrafficDirection.Receive => "receive"u8,
        _ => default,
    };

    /// <summary>Value of <c>network.transport</c>.</summary>
    public static ReadOnlySpan<byte> Transport(scoped in SocketView socket) => socket.IsUnixSocket ? "unix"u8 : socket.Transport switch
    {
        ProtocolTcp => "tcp"u8,
        ProtocolUdp => "udp"u8,
        _ => default,
    };

    /// <summary>Value of <c>sluice.tls.library</c>.</summary>
    public static ReadOnlySpan<byte> Library(TlsLibrary library) => library switch
    {
        TlsLibrary.OpenSsl => "openssl"u8,
        TlsLibrary.BoringSsl => "boringssl"u8,
        TlsLibrary.LibreSsl => "libressl"u8,
        _ => default,
    };

    /// <summary>Value of <c>sluice.address.source</c>.</summary>
    public static ReadOnlySpan<byte> AddressSource(AddressSource source) => source switch
    {
        Wire.AddressSource.Bio => "bio"u8,
        Wire.AddressSource.SetFd => "set_fd"u8,
        Wire.AddressSource.NestedIo => "nested_io"u8,
        _ => default,
    };

    /// <summary>Value of <c>sluice.connection.event</c>.</summary>
    public static ReadOnlySpan<byte> Action(ConnectionAction action) => action switch
    {
        ConnectionAction.Open => "open"u8,
        ConnectionAction.Accept => "accept"u8,
        ConnectionAction.Close => "close"u8,
        ConnectionAction.Fail => "fail"u8,
        _ => default,
    };

    /// <summary>Value of <c>sluice.connection.direction</c>.</summary>
    public static ReadOnlySpan<byte> Direction(ConnectionDirection direction) => direction switch
    {
        ConnectionDirection.Outbound => "outbound"u8,
        ConnectionDirection.Inbound => "inbound"u8,
        _ => default,
    };

    /// <summary>Value of <c>error.type</c>: the errno's name, for those that a connection attempt ends with (connect(2)).</summary>
    public static ReadOnlySpan<byte> Errno(ushort error) => error switch
    {
        0 => default,
        1 => "EPERM"u8,
        4 => "EINTR"u8,
        13 => "EACCES"u8,
        99 => "EADDRNOTAVAIL"u8,
        100 => "ENETDOWN"u8,
        101 => "ENETUNREACH"u8,
        103 => "ECONNABORTED"u8,
        104 => "ECONNRESET"u8,
        110 => "ETIMEDOUT"u8,
        111 => "ECONNREFUSED"u8,
        112 => "EHOSTDOWN"u8,
        113 => "EHOSTUNREACH"u8,
        125 => "ECANCELED"u8,
        _ => "_OTHER"u8,
    };

    /// <summary>Value of <c>tls.protocol.version</c>, of TLS and of DTLS.</summary>
    public static ReadOnlySpan<byte> TlsVersion(ushort version) => version switch
    {
        0x0304 => "1.3"u8,
        0x0303 => "1.2"u8,
        0x0302 => "1.1"u8,
        0x0301 => "1.0"u8,
        0xfefd => "1.2"u8,
        0xfeff => "1.0"u8,
        _ => default,
    };

    /// <summary>True for the versions of DTLS.</summary>
    public static bool IsDatagramTls(ushort version) => version >> 8 == DatagramMajor && !TlsVersion(version).IsEmpty;
}
