// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Encoding;

/// <summary>The words that stand for the numbers of the wire format; empty for what is not known.</summary>
public static class EventWords
{
    private const byte ProtocolTcp = 6;
    private const byte ProtocolUdp = 17;
    private const int DatagramMajor = 0xfe;

    /// <summary>Value of <c>network.io.direction</c>.</summary>
    public static ReadOnlySpan<byte> Direction(TrafficDirection direction) => direction switch
    {
        TrafficDirection.Transmit => "transmit"u8,
        TrafficDirection.Receive => "receive"u8,
        _ => default,
    };

    /// <summary>Value of <c>network.transport</c>.</summary>
    public static ReadOnlySpan<byte> Transport(scoped in TlsDataView tls) => tls.IsUnixSocket ? "unix"u8 : tls.Transport switch
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
