// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.TestSupport;

/// <summary>Builds connection samples in wire format. Fields that are not set have the values of an everyday sample: curl that closes.</summary>
public sealed class ConnectionSample
{
    public SampleFlags Flags { get; set; }

    public ushort Module { get; set; } = 1;

    public ulong ConnectionId { get; set; } = 0xabcd;

    public ulong Sequence { get; set; } = 1;

    public ulong DurationNs { get; set; } = 1_234_567;

    public ulong BytesSent { get; set; } = 812;

    public ulong BytesReceived { get; set; } = 65_536;

    public ulong PacketsSent { get; set; }

    public ulong PacketsReceived { get; set; }

    public uint LostBefore { get; set; }

    public ushort Error { get; set; }

    public ConnectionAction Action { get; set; } = ConnectionAction.Close;

    public ConnectionDirection Direction { get; set; } = ConnectionDirection.Outbound;

    public byte Transport { get; set; } = 6;

    public string Local { get; set; } = "10.0.0.5:51514";

    public string Peer { get; set; } = "10.0.0.9:443";

    public byte[] Build()
    {
        IPEndPoint local = IPEndPoint.Parse(Local);
        IPEndPoint peer = IPEndPoint.Parse(Peer);
        var head = new ConnectionHeader
        {
            Header = Header(),
            ConnectionId = ConnectionId,
            Sequence = Sequence,
            DurationNs = DurationNs,
            BytesSent = BytesSent,
            BytesReceived = BytesReceived,
            PacketsSent = PacketsSent,
            PacketsReceived = PacketsReceived,
            LostBefore = LostBefore,
            Error = Error,
            LocalPort = (ushort)local.Port,
            PeerPort = (ushort)peer.Port,
            Action = Action,
            Direction = Direction,
            Family = (byte)(local.Address.GetAddressBytes().Length == 4 ? 2 : 10),
            Transport = Transport,
        };
        Put(local, head.LocalAddress);
        Put(peer, head.PeerAddress);
        byte[] sample = new byte[ConnectionHeader.SizeInBytes];
        MemoryMarshal.Write(sample, in head);
        return sample;
    }

    private static void Put(IPEndPoint end, Span<byte> to) => end.Address.GetAddressBytes().CopyTo(to);

    private EventHeader Header()
    {
        var header = new EventHeader
        {
            Kind = EventKind.Connection,
            Flags = Flags,
            Size = ConnectionHeader.SizeInBytes,
            KtimeNs = 1_000_000_789,
            Tgid = 4711,
            Tid = 4713,
            Uid = 33,
            Cpu = 3,
            Module = Module,
            CpuSequence = 0x2a,
        };
        "curl"u8.CopyTo(header.Comm);
        return header;
    }
}
