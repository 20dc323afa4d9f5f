// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using Sluice.Pipeline.Decoding;

namespace Sluice.Pipeline.Tests.Decoding;

/// <summary>Reads every property of a sample and writes it down, so that tests can compare all of them at once.</summary>
internal static class SampleText
{
    /// <summary>Null when no view takes the sample.</summary>
    public static string? Describe(ReadOnlySpan<byte> sample)
    {
        if (TlsDataView.TryParse(sample, out TlsDataView tls))
        {
            return Head(tls.Header) + string.Create(
                CultureInfo.InvariantCulture,
                $" {tls.ConnectionId:x} {tls.Sequence} {tls.CallSize} {tls.CallOffset} {tls.LostBefore} {tls.Fd} {tls.TlsVersion:x} "
                + $" {tls.Direction} {tls.Library} {tls.AddressSource} {Socket(tls.Socket)} {Convert.ToHexString(tls.Payload)}");
        }

        if (ConnectionView.TryParse(sample, out ConnectionView connection))
        {
            return Head(connection.Header) + string.Create(
                CultureInfo.InvariantCulture,
                $" {connection.ConnectionId:x} {connection.Sequence} {connection.LostBefore} {connection.Action} {connection.Direction} {connection.Error}"
                + $" {connection.HasDuration} {connection.DurationNs} {connection.HasTraffic} {connection.BytesSent} {connection.BytesReceived}"
                + $" {connection.PacketsSent} {connection.PacketsReceived} {Socket(connection.Socket)}");
        }

        return CaptureLossView.TryParse(sample, out CaptureLossView loss)
            ? Head(loss.Header) + string.Create(CultureInfo.InvariantCulture, $" {loss.Lost} {loss.Total} {Convert.ToHexString(loss.Cause)}")
            : null;
    }

    private static string Socket(SocketView socket) => string.Create(
        CultureInfo.InvariantCulture,
        $"{socket.LocalPort} {socket.PeerPort} {socket.Transport} {socket.IsUnixSocket} {socket.IsInternetSocket} {socket.IsIPv4}"
        + $" {Convert.ToHexString(socket.LocalAddress)} {Convert.ToHexString(socket.PeerAddress)}");

    public static string Head(EventHeaderView head) => string.Create(
        CultureInfo.InvariantCulture,
        $"{head.Kind} {head.Flags} {head.KtimeNs} {head.Tgid} {head.Tid} {head.Uid} {head.Cpu} {head.CpuSequence} {head.CgroupId}"
        + $" {Convert.ToHexString(head.Comm)} {head.Sample.Length}");
}
