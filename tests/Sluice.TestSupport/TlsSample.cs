// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.TestSupport;

/// <summary>Builds TLS plaintext samples in wire format. Fields that are not set have the values of an everyday sample.</summary>
public sealed class TlsSample
{
    public SampleFlags Flags { get; set; } = SampleFlags.CallEnd;

    public ulong KtimeNs { get; set; } = 1_000_000_789;

    public uint Tgid { get; set; } = 4711;

    public uint Tid { get; set; } = 4713;

    public uint Uid { get; set; } = 33;

    public ushort Cpu { get; set; } = 3;

    public ushort Module { get; set; }

    public ulong CpuSequence { get; set; } = 0x2a;

    public ulong CgroupId { get; set; }

    /// <summary>Up to 16 bytes; not necessarily text.</summary>
    public byte[] Comm { get; set; } = [.. "nginx"u8];

    public ulong ConnectionId { get; set; } = 0x1234;

    public ulong Sequence { get; set; } = 17;

    /// <summary>The payload's length when null.</summary>
    public ulong? CallSize { get; set; }

    public ulong CallOffset { get; set; }

    public uint LostBefore { get; set; }

    public int Fd { get; set; } = -1;

    public ushort TlsVersion { get; set; } = 0x0304;

    public TrafficDirection Direction { get; set; } = TrafficDirection.Transmit;

    public TlsLibrary Library { get; set; } = TlsLibrary.OpenSsl;

    /// <summary>AF_UNIX 1, AF_INET 2, AF_INET6 10; 0 = no address.</summary>
    public byte Family { get; set; }

    public byte Transport { get; set; }

    public AddressSource AddressSource { get; set; }

    public ushort LocalPort { get; set; }

    public ushort PeerPort { get; set; }

    /// <summary>Up to 16 bytes in network order.</summary>
    public byte[] LocalAddress { get; set; } = [];

    /// <inheritdoc cref="LocalAddress"/>
    public byte[] PeerAddress { get; set; } = [];

    public byte[] Payload { get; set; } = [];

    /// <summary>Sets the socket fields of a TCP connection.</summary>
    public TlsSample WithTcp(string local, string peer)
    {
        IPEndPoint localEnd = IPEndPoint.Parse(local);
        IPEndPoint peerEnd = IPEndPoint.Parse(peer);
        LocalAddress = localEnd.Address.GetAddressBytes();
        PeerAddress = peerEnd.Address.GetAddressBytes();
        LocalPort = (ushort)localEnd.Port;
        PeerPort = (ushort)peerEnd.Port;
        Family = (byte)(LocalAddress.Length == 4 ? 2 : 10);
        Transport = 6;
        return this;
    }

    /// <summary>The sample's bytes, exactly as long as its content.</summary>
    public byte[] Build()
    {
        byte[] sample = new byte[TlsDataHeader.SizeInBytes + Payload.Length];
        var head = new TlsDataHeader
        {
            Header = Header((uint)sample.Length),
            ConnectionId = ConnectionId,
            Sequence = Sequence,
            CallSize = CallSize ?? (ulong)Payload.Length,
            CallOffset = CallOffset,
            PayloadSize = (uint)Payload.Length,
            LostBefore = LostBefore,
            Fd = Fd,
            TlsVersion = TlsVersion,
            LocalPort = LocalPort,
            PeerPort = PeerPort,
            Direction = Direction,
            Library = Library,
            Family = Family,
            Transport = Transport,
            AddressSource = AddressSource,
        };
        LocalAddress.CopyTo(head.LocalAddress);
        PeerAddress.CopyTo(head.PeerAddress);
        MemoryMarshal.Write(sample, in head);
        Payload.CopyTo(sample, TlsDataHeader.SizeInBytes);
        return sample;
    }

    private EventHeader Header(uint size)
    {
        var header = new EventHeader
        {
            Kind = EventKind.TlsData,
            Flags = Flags,
            Size = size,
            KtimeNs = KtimeNs,
            Tgid = Tgid,
            Tid = Tid,
            Uid = Uid,
            Cpu = Cpu,
            Module = Module,
            CpuSequence = CpuSequence,
            CgroupId = CgroupId,
        };
        Comm.CopyTo(header.Comm);
        return header;
    }
}
