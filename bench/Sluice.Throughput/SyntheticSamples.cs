// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Throughput;

/// <summary>The samples of bpf/generator_kern.bpf.c, made without a kernel.</summary>
internal static class SyntheticSamples
{
    public const int Connections = 64;

    private const ulong FirstConnection = 0x5100_0000_0000_0000;

    /// <summary>Sample <paramref name="number"/> in wire format.</summary>
    public static byte[] Create(long number, int payloadBytes)
    {
        byte[] sample = new byte[TlsDataHeader.SizeInBytes + payloadBytes];
        TlsDataHeader head = Head(number, sample.Length);
        MemoryMarshal.Write(sample, in head);
        Span<byte> payload = sample.AsSpan(TlsDataHeader.SizeInBytes);
        SyntheticPayload.Fill(payload);
        bool written = Utf8Formatter.TryFormat(number, payload[SyntheticPayload.NumberAt..], out _, new('D', 12));
        Debug.Assert(written, "The payload has room for its number.");
        return sample;
    }

    /// <summary>Connection id of sample <paramref name="number"/>.</summary>
    public static ulong ConnectionOf(long number) => FirstConnection + ((ulong)number % Connections);

    private static TlsDataHeader Head(long number, int size)
    {
        ulong turn = (ulong)number / Connections;
        var head = new TlsDataHeader
        {
            Header = Common(number, size),
            ConnectionId = ConnectionOf(number),
            Sequence = turn / 2,
            CallSize = (ulong)(size - TlsDataHeader.SizeInBytes),
            PayloadSize = (uint)(size - TlsDataHeader.SizeInBytes),
            Fd = 7,
            TlsVersion = 0x0304,
            LocalPort = 443,
            PeerPort = (ushort)(1024 + ((ulong)number % Connections)),
            Direction = (turn & 1) == 0 ? TrafficDirection.Transmit : TrafficDirection.Receive,
            Library = TlsLibrary.OpenSsl,
            Family = 2,
            Transport = 6,
            AddressSource = AddressSource.Bio,
        };
        ((ReadOnlySpan<byte>)[192, 0, 2, 10]).CopyTo(head.LocalAddress);
        ((ReadOnlySpan<byte>)[198, 51, 100, 20]).CopyTo(head.PeerAddress);
        return head;
    }

    private static EventHeader Common(long number, int size)
    {
        var header = new EventHeader
        {
            Kind = EventKind.TlsData,
            Flags = SampleFlags.CallEnd,
            Size = (uint)size,
            KtimeNs = (ulong)Stopwatch.GetTimestamp(),
            Tgid = (uint)Environment.ProcessId,
            Tid = (uint)Environment.ProcessId,
            CpuSequence = (ulong)number,
            CgroupId = 1,
        };
        "generator"u8.CopyTo(header.Comm);
        return header;
    }
}
