// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Sinks.Files;

/// <summary>
/// One event as text for a person: a head of one line, then the payload, indented. A payload line can therefore never pass for a head.
/// </summary>
/// <remarks>
/// <code>
/// 18:40:01.123456Z nginx[4711/4713] 10.0.0.5:443 → 10.0.0.9:51514 TLS 1.3 openssl 812 B
///   HTTP/1.1 200 OK
/// </code>
/// The arrow points the way the bytes go; the first address is the local one.
/// </remarks>
public sealed class ConsoleEventEncoder : IEventEncoder
{
    private const int PreviewBytes = 2 * HexDump.BytesPerRow;
    private const long NsPerTick = 100;
    private const ulong NsPerMicrosecond = 1000;

    private readonly bool _hex;
    private readonly bool _useColor;

    /// <param name="hex">Show every payload as a hex dump.</param>
    /// <param name="useColor">Colour heads with ANSI escapes.</param>
    public ConsoleEventEncoder(bool hex, bool useColor)
    {
        _hex = hex;
        _useColor = useColor;
    }

    /// <inheritdoc/>
    public string ContentType => "text/plain; charset=utf-8";

    private static ReadOnlySpan<byte> Indent => "  "u8;

    /// <inheritdoc/>
    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (TlsDataView.TryParse(sample, out TlsDataView tls))
        {
            WriteTime(tls.Header, stamp.ClockOffsetNs, output);
            WriteProcess(tls.Header, output);
            WriteConnection(tls, output);
            WriteTls(tls, output);
            WriteSize(tls, output);
            WriteNotes(tls, output);
            WritePayload(tls, output);
            return true;
        }

        if (ConnectionView.TryParse(sample, out ConnectionView connection))
        {
            WriteTime(connection.Header, stamp.ClockOffsetNs, output);
            WriteConnectionEvent(connection, output);
            return true;
        }

        if (CaptureLossView.TryParse(sample, out CaptureLossView loss))
        {
            WriteTime(loss.Header, stamp.ClockOffsetNs, output);
            WriteLoss(loss, output);
            return true;
        }

        return false;
    }

    private void WriteTime(EventHeaderView header, long clockOffsetNs, OutputBuffer output)
    {
        Color("\e[2m"u8, output);
        ulong unixNs = unchecked(header.KtimeNs + (ulong)clockOffsetNs);
        DateTime time = DateTime.UnixEpoch.AddTicks((long)(unixNs / NsPerTick));
        time.TryFormat(output.GetSpan(32), out int written, "HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        output.Advance(written);
        Color("\e[0m"u8, output);
        output.Write(" "u8);
    }

    private void WriteProcess(EventHeaderView header, OutputBuffer output)
    {
        Color("\e[1m"u8, output);
        TerminalText.WriteLine(header.Comm, output);
        Color("\e[0m"u8, output);
        output.Write("["u8);
        WriteNumber(header.Tgid, output);
        output.Write("/"u8);
        WriteNumber(header.Tid, output);
        output.Write("] "u8);
    }

    private void WriteConnection(TlsDataView tls, OutputBuffer output)
    {
        SocketView socket = tls.Socket;
        WriteEnd(socket.LocalAddress, socket.LocalPort, socket.IsUnixSocket, output);
        WriteArrow(tls.Direction == TrafficDirection.Transmit, tls.Direction == TrafficDirection.Receive, output);
        WriteEnd(socket.PeerAddress, socket.PeerPort, socket.IsUnixSocket, output);
        output.Write(" "u8);
    }

    private void WriteArrow(bool away, bool here, OutputBuffer output)
    {
        Color(away ? "\e[32m"u8 : here ? "\e[36m"u8 : default, output);
        output.Write(away ? " → "u8 : here ? " ← "u8 : " - "u8);
        Color("\e[0m"u8, output);
    }

    /// <summary>The arrow of a connection points from the side that asked for it.</summary>
    private void WriteConnectionEvent(ConnectionView connection, OutputBuffer output)
    {
        if ((connection.Header.Flags & SampleFlags.ProcessUnknown) != 0)
        {
            output.Write("? "u8);
        }
        else
        {
            WriteProcess(connection.Header, output);
        }

        SocketView socket = connection.Socket;
        WriteEnd(socket.LocalAddress, socket.LocalPort, isUnixSocket: false, output);
        WriteArrow(connection.Direction == ConnectionDirection.Outbound, connection.Direction == ConnectionDirection.Inbound, output);
        WriteEnd(socket.PeerAddress, socket.PeerPort, isUnixSocket: false, output);
        WriteWord(EventWords.Transport(socket), output);
        WriteWord(EventWords.Action(connection.Action), output);
        WriteWord(EventWords.Errno(connection.Error), output);
        WriteOutcome(connection, output);
        WriteGap(connection.Header.Flags, connection.LostBefore, output);
    }

    private static void WriteOutcome(ConnectionView connection, OutputBuffer output)
    {
        if (connection.HasDuration)
        {
            output.Write(" after "u8);
            WriteNumber(connection.DurationNs / NsPerMicrosecond, output);
            output.Write(" µs"u8);
        }

        if (connection.HasTraffic)
        {
            output.Write(", sent "u8);
            WriteNumber(connection.BytesSent, output);
            output.Write(" B, received "u8);
            WriteNumber(connection.BytesReceived, output);
            output.Write(" B"u8);
        }
    }

    private static void WriteEnd(ReadOnlySpan<byte> address, ushort port, bool isUnixSocket, OutputBuffer output)
    {
        if (address.IsEmpty)
        {
            output.Write(isUnixSocket ? "unix"u8 : "?"u8);
            return;
        }

        bool brackets = address.Length != 4;
        output.Write(brackets ? "["u8 : default);
        output.Advance(IpAddressText.Write(address, output.GetSpan(IpAddressText.MaxBytes)));
        output.Write(brackets ? "]:"u8 : ":"u8);
        WriteNumber(port, output);
    }

    private static void WriteTls(TlsDataView tls, OutputBuffer output)
    {
        output.Write(EventWords.IsDatagramTls(tls.TlsVersion) ? "DTLS"u8 : "TLS"u8);
        WriteWord(EventWords.TlsVersion(tls.TlsVersion), output);
        WriteWord(EventWords.Library(tls.Library), output);
    }

    private static void WriteSize(TlsDataView tls, OutputBuffer output)
    {
        output.Write(" "u8);
        if (tls.CallOffset != 0 || (ulong)tls.Payload.Length != tls.CallSize)
        {
            output.Write("bytes "u8);
            WriteNumber(tls.CallOffset, output);
            output.Write("+"u8);
            WriteNumber((ulong)tls.Payload.Length, output);
            output.Write(" of "u8);
        }

        WriteNumber(tls.CallSize, output);
        output.Write(" B"u8);
    }

    private void WriteNotes(TlsDataView tls, OutputBuffer output)
    {
        SampleFlags flags = tls.Header.Flags;
        if ((flags & ~SampleFlags.CallEnd) == 0)
        {
            // Nearly every sample.
            return;
        }

        Color("\e[33m"u8, output);
        if ((flags & SampleFlags.EarlyData) != 0)
        {
            output.Write(" [early data]"u8);
        }

        if ((flags & SampleFlags.ReadFault) != 0)
        {
            output.Write(" [truncated: memory could not be read]"u8);
        }
        else if ((flags & SampleFlags.Truncated) != 0)
        {
            output.Write(" [truncated by the limit]"u8);
        }

        Color("\e[0m"u8, output);
        WriteGap(flags, tls.LostBefore, output);
    }

    private void WriteGap(SampleFlags flags, uint lostBefore, OutputBuffer output)
    {
        if ((flags & SampleFlags.Gap) == 0)
        {
            return;
        }

        Color("\e[33m"u8, output);
        output.Write(" ["u8);
        WriteNumber(lostBefore, output);
        output.Write(" lost before this]"u8);
        Color("\e[0m"u8, output);
    }

    private void WritePayload(TlsDataView tls, OutputBuffer output)
    {
        ReadOnlySpan<byte> payload = tls.Payload;
        if (payload.IsEmpty)
        {
            return;
        }

        output.Write("\n"u8);
        if (_hex)
        {
            HexDump.Write(payload, tls.CallOffset, Indent, output);
        }
        else if (TerminalText.IsText(payload))
        {
            TerminalText.WriteLines(payload, Indent, output);
        }
        else
        {
            WritePreview(payload, tls.CallOffset, output);
        }
    }

    private static void WritePreview(ReadOnlySpan<byte> payload, ulong offset, OutputBuffer output)
    {
        HexDump.Write(payload[..Math.Min(PreviewBytes, payload.Length)], offset, Indent, output);
        if (payload.Length > PreviewBytes)
        {
            output.Write("\n  … binary, "u8);
            WriteNumber((ulong)(payload.Length - PreviewBytes), output);
            output.Write(" more bytes (--hex shows all)"u8);
        }
    }

    private void WriteLoss(CaptureLossView loss, OutputBuffer output)
    {
        Color("\e[31m"u8, output);
        output.Write("capture.loss: "u8);
        WriteNumber(loss.Lost, output);
        output.Write(" samples lost ("u8);
        TerminalText.WriteLine(loss.Cause, output);
        output.Write("), "u8);
        WriteNumber(loss.Total, output);
        output.Write(" since the start"u8);
        Color("\e[0m"u8, output);
    }

    private static void WriteWord(ReadOnlySpan<byte> word, OutputBuffer output)
    {
        if (!word.IsEmpty)
        {
            output.Write(" "u8);
            output.Write(word);
        }
    }

    private static void WriteNumber(ulong value, OutputBuffer output)
    {
        value.TryFormat(output.GetSpan(20), out int digits, default, CultureInfo.InvariantCulture);
        output.Advance(digits);
    }

    private void Color(ReadOnlySpan<byte> escape, OutputBuffer output)
    {
        if (_useColor)
        {
            output.Write(escape);
        }
    }
}
