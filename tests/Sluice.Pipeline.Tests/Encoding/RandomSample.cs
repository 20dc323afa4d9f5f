// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Net;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;

namespace Sluice.Pipeline.Tests.Encoding;

/// <summary>Samples of every shape: all flags, families and versions, hostile names and payloads.</summary>
internal static class RandomSample
{
    private static readonly ulong[] s_edges = [0, 1, 127, 128, 255, 256, 65535, 65536, uint.MaxValue, 1ul << 32, long.MaxValue, ulong.MaxValue];
    private static readonly ushort[] s_versions = [0, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0xfeff, 0xfefd, 0xfe00];

    public static TlsSample Next(Random random) => new()
    {
        Flags = (SampleFlags)random.Next(0, 32),
        KtimeNs = (ulong)random.NextInt64(0, long.MaxValue),
        Tgid = (uint)Number(random),
        Tid = (uint)Number(random),
        Uid = (uint)Number(random),
        Cpu = (ushort)random.Next(0, 65536),
        Module = (ushort)random.Next(0, 16),
        CpuSequence = (ulong)random.NextInt64(0, 1L << 44),
        CgroupId = Number(random),
        Comm = Comm(random),
        ConnectionId = Number(random),
        Sequence = Number(random),
        CallSize = Number(random),
        CallOffset = Number(random),
        LostBefore = (uint)Number(random),
        Fd = random.Next(-1, 70_000),
        TlsVersion = s_versions[random.Next(s_versions.Length)],
        Direction = (TrafficDirection)random.Next(0, 4),
        Library = (TlsLibrary)random.Next(0, 5),
        Family = ((byte[])[0, 1, 2, 10, 99])[random.Next(5)],
        Transport = ((byte[])[0, 6, 17, 132])[random.Next(4)],
        AddressSource = (AddressSource)random.Next(0, 5),
        LocalPort = (ushort)Number(random),
        PeerPort = (ushort)Number(random),
        LocalAddress = Address(random),
        PeerAddress = Address(random),
        Payload = Payload(random),
    };

    /// <summary>Connections of every shape; their fixed part has no names but the process's.</summary>
    public static byte[] NextConnection(Random random)
    {
        var head = new ConnectionHeader
        {
            Header = new EventHeader
            {
                Kind = EventKind.Connection,
                Flags = (SampleFlags)random.Next(0, 256),
                Size = ConnectionHeader.SizeInBytes,
                KtimeNs = (ulong)random.NextInt64(0, long.MaxValue),
                Tgid = (uint)Number(random),
                Tid = (uint)Number(random),
                Uid = (uint)Number(random),
                Cpu = (ushort)random.Next(0, 65536),
                Module = (ushort)random.Next(0, 16),
                CpuSequence = (ulong)random.NextInt64(0, 1L << 44),
                CgroupId = Number(random),
            },
            ConnectionId = Number(random),
            Sequence = Number(random),
            DurationNs = Number(random),
            BytesSent = Number(random),
            BytesReceived = Number(random),
            PacketsSent = Number(random),
            PacketsReceived = Number(random),
            LostBefore = (uint)Number(random),
            Error = ((ushort[])[0, 1, 4, 13, 99, 111, 125, 2, 65535])[random.Next(9)],
            LocalPort = (ushort)Number(random),
            PeerPort = (ushort)Number(random),
            Action = (ConnectionAction)random.Next(0, 6),
            Direction = (ConnectionDirection)random.Next(0, 4),
            Family = ((byte[])[0, 1, 2, 10, 99])[random.Next(5)],
            Transport = ((byte[])[0, 6, 17, 132])[random.Next(4)],
        };
        Comm(random).CopyTo(head.Header.Comm);
        Address(random).CopyTo(head.LocalAddress);
        Address(random).CopyTo(head.PeerAddress);
        byte[] sample = new byte[ConnectionHeader.SizeInBytes];
        MemoryMarshal.Write(sample, in head);
        return sample;
    }

    private static ulong Number(Random random) => random.Next(2) == 0 ? s_edges[random.Next(s_edges.Length)] : (ulong)random.NextInt64();

    private static byte[] Comm(Random random) => random.Next(3) switch
    {
        0 => [.. "nginx: worker"u8],
        1 => [.. "\"\\\n\u0001é"u8],
        _ => Bytes(random, random.Next(0, 17)),
    };

    private static byte[] Address(Random random) => random.Next(5) switch
    {
        0 => new byte[16],
        1 => IPAddress.Parse("10.11.12.13").MapToIPv6().GetAddressBytes(),

        // First bytes of their own keep clear of the forms that .NET prints in its own way (::a.b.c.d, ISATAP).
        2 => [0x20, 0x01, .. Bytes(random, 6).Select(b => (byte)(b & 1)), .. Bytes(random, 2), 0, 0, 0, 0, .. Bytes(random, 2)],
        3 => [0x20, 0x01, .. Bytes(random, 6), 1, 2, .. Bytes(random, 6)],
        _ => [.. Bytes(random, 4), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    };

    private static byte[] Payload(Random random)
    {
        int length = random.Next(8) switch { 0 => 0, 1 => 16384, _ => random.Next(0, 600) };
        return random.Next(6) switch
        {
            0 => Bytes(random, length),
            1 => [.. Enumerable.Repeat((byte)random.Next(0, 0x20), length)],
            2 => [.. Enumerable.Repeat((byte)'"', length)],
            3 => System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, length / 4).Select(_ => ((string[])["a", "é", "€", "😀", "\\", "\u2028"])[random.Next(6)]))),
            4 => [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(0, 0x80))],
            _ => [.. Bytes(random, length).Select(b => b < 12 ? (byte)'\n' : (byte)('a' + (b % 26)))],
        };
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
