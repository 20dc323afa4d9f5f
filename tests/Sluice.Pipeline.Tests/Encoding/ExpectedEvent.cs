// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text;
using System.Text.Json;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;

namespace Sluice.Pipeline.Tests.Encoding;

/// <summary>
/// What an event must say, worked out from docs/event-schema.md the slow way: every field as <c>name=value</c> and a NUL, the payload apart.
/// </summary>
internal static class ExpectedEvent
{
    public const ulong RunId = 0x1122334455667788;
    public const long ClockOffsetNs = 1_795_330_000_000_000_000;

    public static BatchStamp Stamp { get; } = From("web-1");

    public static BatchStamp From(string host) => new(new EventOrigin(host, RunId), ClockOffsetNs);

    public static string Of(TlsSample sample, string host)
    {
        var fields = new StringBuilder();
        void Add(string name, object? value)
        {
            if (value is not null)
            {
                fields.Append(CultureInfo.InvariantCulture, $"{name}={value}\0");
            }
        }

        Add("time_unix_nano", unchecked(sample.KtimeNs + (ulong)ClockOffsetNs));
        Add("event_name", "tls.data");
        Add("log.record.uid", $"{RunId:x16}{sample.Cpu:x4}{sample.Module:x1}{sample.CpuSequence:x11}");
        Add("host.name", host);
        Add("process.pid", sample.Tgid);
        Add("thread.id", sample.Tid);
        Add("process.executable.name", System.Text.Encoding.UTF8.GetString(sample.Comm.TakeWhile(b => b != 0).ToArray()));
        Add("process.user.id", sample.Uid);
        Add("sluice.cgroup.id", sample.CgroupId == 0 ? null : sample.CgroupId);
        AddSocket(sample, Add);
        AddTls(sample, Add);
        return fields.ToString();
    }

    /// <summary>A value as <see cref="Of"/> writes it.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static void AddSocket(TlsSample sample, Action<string, object?> add)
    {
        add("network.io.direction", sample.Direction switch { TrafficDirection.Transmit => "transmit", TrafficDirection.Receive => "receive", _ => null });
        add("network.transport", sample.Family == 1 ? "unix" : sample.Transport switch { 6 => "tcp", 17 => "udp", _ => null });
        if (sample.Family is 2 or 10)
        {
            IPAddress local = Shown(sample.Family, sample.LocalAddress);
            IPAddress peer = Shown(sample.Family, sample.PeerAddress);
            bool isIPv4 = sample.Family == 2 || IsMapped(sample.LocalAddress) || IsMapped(sample.PeerAddress);
            add("network.type", isIPv4 ? "ipv4" : "ipv6");
            add("network.local.address", IsAny(local) ? null : local.ToString());
            add("network.local.port", sample.LocalPort == 0 ? null : sample.LocalPort);
            add("network.peer.address", IsAny(peer) ? null : peer.ToString());
            add("network.peer.port", sample.PeerPort == 0 ? null : sample.PeerPort);
        }

        add("sluice.socket.fd", sample.Fd < 0 ? null : sample.Fd);
        add("sluice.address.source", sample.AddressSource switch
        {
            AddressSource.Bio => "bio",
            AddressSource.SetFd => "set_fd",
            AddressSource.NestedIo => "nested_io",
            _ => null,
        });
    }

    private static void AddTls(TlsSample sample, Action<string, object?> add)
    {
        add("tls.protocol.name", sample.TlsVersion is 0xfefd or 0xfeff ? "dtls" : null);
        add("tls.protocol.version", sample.TlsVersion switch
        {
            0x0301 or 0xfeff => "1.0",
            0x0302 => "1.1",
            0x0303 or 0xfefd => "1.2",
            0x0304 => "1.3",
            _ => null,
        });
        add("sluice.tls.library", sample.Library is > TlsLibrary.Unknown and <= TlsLibrary.LibreSsl
            ? sample.Library.ToString().ToLowerInvariant()
            : null);
        add("sluice.connection.id", $"{sample.ConnectionId:x16}");
        add("sluice.sequence", sample.Sequence);
        add("sluice.payload.size", sample.CallSize ?? (ulong)sample.Payload.Length);
        add("sluice.payload.offset", sample.CallOffset);
        bool fault = sample.Flags.HasFlag(SampleFlags.ReadFault);
        bool truncated = fault || sample.Flags.HasFlag(SampleFlags.Truncated);
        add("sluice.payload.truncated", truncated ? "true" : null);
        add("sluice.payload.truncated_by", !truncated ? null : fault ? "read_fault" : "limit");
        add("sluice.payload.early_data", sample.Flags.HasFlag(SampleFlags.EarlyData) ? "true" : null);
        add("sluice.gap", sample.Flags.HasFlag(SampleFlags.Gap) ? "true" : null);
        add("sluice.lost_before", sample.Flags.HasFlag(SampleFlags.Gap) ? sample.LostBefore : null);
    }

    private static IPAddress Shown(byte family, byte[] address)
    {
        byte[] sixteen = new byte[16];
        address.CopyTo(sixteen, 0);
        return family == 2 ? new IPAddress(sixteen[..4]) : IsMapped(address) ? new IPAddress(sixteen[12..]) : new IPAddress(sixteen);
    }

    private static bool IsMapped(byte[] address) => address.Length == 16 && new IPAddress(address).IsIPv4MappedToIPv6;

    private static bool IsAny(IPAddress address) => address.GetAddressBytes().All(b => b == 0);
}
