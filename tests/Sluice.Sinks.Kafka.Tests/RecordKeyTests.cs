// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

public sealed class RecordKeyTests
{
    [Theory]
    [InlineData(KafkaKey.Connection, "web-1/fedcba9876543210")]
    [InlineData(KafkaKey.Process, "web-1/4294967295")]
    [InlineData(KafkaKey.Host, "web-1")]
    [InlineData(KafkaKey.None, "")]
    public void Of_TlsData_NamesTheHostAndWhatWasAskedFor(KafkaKey kind, string expected) =>
        Assert.Equal(expected, KeyOf(kind, new TlsSample { ConnectionId = 0xfedcba9876543210, Tgid = uint.MaxValue }.Build()));

    [Fact]
    public void Of_Connection_NamesTheConnection() =>
        Assert.Equal("web-1/fedcba9876543210", KeyOf(KafkaKey.Connection, new ConnectionSample { ConnectionId = 0xfedcba9876543210 }.Build()));

    [Theory]
    [InlineData(KafkaKey.Connection, "web-1")]
    [InlineData(KafkaKey.Host, "web-1")]
    [InlineData(KafkaKey.None, "")]
    public void Of_EventWithoutConnection_NamesTheHost(KafkaKey kind, string expected) =>
        Assert.Equal(expected, KeyOf(kind, LossSample.Build("ring_full", 1, 1)));

    private static string KeyOf(KafkaKey kind, byte[] sample) => Encoding.UTF8.GetString(new RecordKey(kind).Of(sample, new EventOrigin("web-1", 1)));
}
