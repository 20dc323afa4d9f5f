// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Pipeline.Decoding;

namespace Sluice.Benchmarks;

/// <summary>
/// The same event by System.Text.Json as one would write it with care: names encoded once, writer and buffer used again, UTF-8 in, UTF-8
/// out. What our encoder is held against.
/// </summary>
internal sealed class Utf8JsonWriterBaseline
{
    private static readonly JsonEncodedText s_time = JsonEncodedText.Encode("time_unix_nano");
    private static readonly JsonEncodedText s_eventName = JsonEncodedText.Encode("event_name");
    private static readonly JsonEncodedText s_uid = JsonEncodedText.Encode("log.record.uid");
    private static readonly JsonEncodedText s_hostName = JsonEncodedText.Encode("host.name");
    private static readonly JsonEncodedText s_pid = JsonEncodedText.Encode("process.pid");
    private static readonly JsonEncodedText s_thread = JsonEncodedText.Encode("thread.id");
    private static readonly JsonEncodedText s_executable = JsonEncodedText.Encode("process.executable.name");
    private static readonly JsonEncodedText s_user = JsonEncodedText.Encode("process.user.id");
    private static readonly JsonEncodedText s_cgroup = JsonEncodedText.Encode("sluice.cgroup.id");
    private static readonly JsonEncodedText s_direction = JsonEncodedText.Encode("network.io.direction");
    private static readonly JsonEncodedText s_transport = JsonEncodedText.Encode("network.transport");
    private static readonly JsonEncodedText s_networkType = JsonEncodedText.Encode("network.type");
    private static readonly JsonEncodedText s_localAddress = JsonEncodedText.Encode("network.local.address");
    private static readonly JsonEncodedText s_localPort = JsonEncodedText.Encode("network.local.port");
    private static readonly JsonEncodedText s_peerAddress = JsonEncodedText.Encode("network.peer.address");
    private static readonly JsonEncodedText s_peerPort = JsonEncodedText.Encode("network.peer.port");
    private static readonly JsonEncodedText s_fd = JsonEncodedText.Encode("sluice.socket.fd");
    private static readonly JsonEncodedText s_addressSource = JsonEncodedText.Encode("sluice.address.source");
    private static readonly JsonEncodedText s_version = JsonEncodedText.Encode("tls.protocol.version");
    private static readonly JsonEncodedText s_library = JsonEncodedText.Encode("sluice.tls.library");
    private static readonly JsonEncodedText s_connection = JsonEncodedText.Encode("sluice.connection.id");
    private static readonly JsonEncodedText s_sequence = JsonEncodedText.Encode("sluice.sequence");
    private static readonly JsonEncodedText s_size = JsonEncodedText.Encode("sluice.payload.size");
    private static readonly JsonEncodedText s_offset = JsonEncodedText.Encode("sluice.payload.offset");
    private static readonly JsonEncodedText s_body = JsonEncodedText.Encode("body");

    private readonly ArrayBufferWriter<byte> _output = new(64 * 1024);
    private readonly Utf8JsonWriter _writer;
    private readonly byte[] _text = new byte[64];
    private readonly byte[] _hostName;
    private readonly ulong _runId;

    public Utf8JsonWriterBaseline(string hostName, ulong runId)
    {
        _hostName = Encoding.UTF8.GetBytes(hostName);
        _runId = runId;
        _writer = new Utf8JsonWriter(_output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    /// <summary>Writes one event, over the one before; returns its length.</summary>
    public int Encode(ReadOnlySpan<byte> sample, long clockOffsetNs)
    {
        _output.ResetWrittenCount();
        _writer.Reset();
        if (!TlsDataView.TryParse(sample, out TlsDataView view))
        {
            throw new InvalidOperationException("A sample of our own was refused.");
        }

        _writer.WriteStartObject();
        WriteProcess(view, clockOffsetNs);
        WriteSocket(view);
        _writer.WriteString(s_version, "1.3"u8);
        _writer.WriteString(s_library, "openssl"u8);
        WriteHex(s_connection, view.ConnectionId);
        _writer.WriteNumber(s_sequence, view.Sequence);
        _writer.WriteNumber(s_size, view.CallSize);
        _writer.WriteNumber(s_offset, view.CallOffset);
        _writer.WriteString(s_body, view.Payload);
        _writer.WriteEndObject();
        _writer.Flush();
        return _output.WrittenCount;
    }

    private void WriteProcess(in TlsDataView view, long clockOffsetNs)
    {
        _writer.WriteNumber(s_time, view.Header.KtimeNs + (ulong)clockOffsetNs);
        _writer.WriteString(s_eventName, "tls.data"u8);
        _runId.TryFormat(_text, out _, "x16", CultureInfo.InvariantCulture);
        (((ulong)view.Header.Cpu << 48) | ((ulong)view.Header.Module << 44) | view.Header.CpuSequence).TryFormat(_text.AsSpan(16), out _, "x16", CultureInfo.InvariantCulture);
        _writer.WriteString(s_uid, _text.AsSpan(0, 32));
        _writer.WriteString(s_hostName, _hostName);
        _writer.WriteNumber(s_pid, view.Header.Tgid);
        _writer.WriteNumber(s_thread, view.Header.Tid);
        _writer.WriteString(s_executable, view.Header.Comm);
        _writer.WriteNumber(s_user, view.Header.Uid);
        _writer.WriteNumber(s_cgroup, view.Header.CgroupId);
    }

    private void WriteSocket(in TlsDataView view)
    {
        _writer.WriteString(s_direction, view.Direction == Pipeline.Wire.TrafficDirection.Transmit ? "transmit"u8 : "receive"u8);
        _writer.WriteString(s_transport, "tcp"u8);
        _writer.WriteString(s_networkType, "ipv4"u8);
        WriteAddress(s_localAddress, view.Socket.LocalAddress);
        _writer.WriteNumber(s_localPort, view.Socket.LocalPort);
        WriteAddress(s_peerAddress, view.Socket.PeerAddress);
        _writer.WriteNumber(s_peerPort, view.Socket.PeerPort);
        _writer.WriteNumber(s_fd, view.Fd);
        _writer.WriteString(s_addressSource, "bio"u8);
    }

    private void WriteAddress(JsonEncodedText name, ReadOnlySpan<byte> address)
    {
        int length = 0;
        foreach (byte part in address)
        {
            part.TryFormat(_text.AsSpan(length), out int written, default, CultureInfo.InvariantCulture);
            length += written;
            _text[length++] = (byte)'.';
        }

        _writer.WriteString(name, _text.AsSpan(0, length - 1));
    }

    private void WriteHex(JsonEncodedText name, ulong value)
    {
        value.TryFormat(_text, out int written, "x16", CultureInfo.InvariantCulture);
        _writer.WriteString(name, _text.AsSpan(0, written));
    }
}
