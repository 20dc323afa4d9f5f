// SPDX-License-Identifier: Apache-2.0
using System.Collections;
using System.Collections.Generic;

namespace Sluice.SdkExport;

/// <summary>An event's attributes, made beforehand: what is measured is the SDK and not the making of strings.</summary>
internal sealed class EventState : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _attributes;

    public EventState(int number, bool hasAttributes)
    {
        Body = Payload(number);
        _attributes = hasAttributes ? Attributes(number) : [];
    }

    public string Body { get; }

    public int Count => _attributes.Length;

    public KeyValuePair<string, object?> this[int index] => _attributes[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_attributes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Payload(int number)
    {
        string head = $"GET /orders/{number:d12}?expand=\"items\" HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: client/1.0 (x86_64)\r\nAccept: application/json\r\n";
        return (head + new string('x', 256))[..256];
    }

    /// <summary>Those that the bench of the sink sends with each of its events.</summary>
    private static KeyValuePair<string, object?>[] Attributes(int number) =>
    [
        new("log.record.uid", $"1122334455667788{number:x16}"),
        new("process.pid", 4711L),
        new("thread.id", 4713L),
        new("process.executable.name", "generator"),
        new("process.user.id", 0L),
        new("sluice.cgroup.id", 1L),
        new("network.io.direction", "transmit"),
        new("network.transport", "tcp"),
        new("network.type", "ipv4"),
        new("network.local.address", "192.0.2.10"),
        new("network.local.port", 443L),
        new("network.peer.address", "198.51.100.20"),
        new("network.peer.port", 1024L + (number % 1000)),
        new("sluice.socket.fd", 7L),
        new("sluice.address.source", "bio"),
        new("tls.protocol.version", "1.3"),
        new("sluice.tls.library", "openssl"),
        new("sluice.connection.id", $"{number % 1000:x16}"),
        new("sluice.sequence", (long)number),
        new("sluice.payload.size", 256L),
        new("sluice.payload.offset", 0L),
    ];
}
