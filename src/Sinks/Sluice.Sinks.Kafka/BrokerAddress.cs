// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// The form of one broker's address, checked before librdkafka sees it: the library takes any text, and tries for ever to reach what cannot be.
/// </summary>
internal static class BrokerAddress
{
    /// <summary>True for <c>host</c>, <c>host:port</c>, <c>[IPv6]</c> and <c>[IPv6]:port</c>. Whether it exists is not asked.</summary>
    public static bool IsValid(ReadOnlySpan<char> address)
    {
        // Without brackets the first colon ends the host, so that a bare IPv6 address fails at its port.
        int hostEnd = address.StartsWith('[') ? address.IndexOf(']') + 1 : address.IndexOf(':');
        if (hostEnd < 0)
        {
            return IsHost(address);
        }

        ReadOnlySpan<char> port = address[hostEnd..];
        return IsHost(address[..hostEnd]) && (port.IsEmpty || (port[0] == ':' && IsPort(port[1..])));
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host.StartsWith('['))
        {
            return IPAddress.TryParse(host[1..^1], out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6;
        }

        return !host.IsEmpty && !host.ContainsAny(" \t[]");
    }

    private static bool IsPort(ReadOnlySpan<char> text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port != 0;
}
