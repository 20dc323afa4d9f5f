// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Integration.Tests.Support;

/// <summary>One end of a connection between two ports of this host.</summary>
internal readonly record struct ConnectionKey(long LocalPort, long PeerPort)
{
    /// <summary>The same connection seen from there. No property: a record prints its properties, and this one for ever.</summary>
    public ConnectionKey OtherEnd() => new(PeerPort, LocalPort);

    public static ConnectionKey Of(CapturedEvent connection) => new(connection.Number("network.local.port"), connection.Number("network.peer.port"));
}
