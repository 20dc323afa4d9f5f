// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

public sealed class KafkaStatisticsTests
{
    [Fact]
    public void TryParse_SeveralBrokers_AddsThemUpAndLeavesClientConnectionsOut()
    {
        KafkaStatistics statistics = Parse(
            """
            {"name":"sluice","msg_cnt":3,"msg_size":300,"txmsgs":1000,"txmsg_bytes":90000,"tx":12,"tx_bytes":100000,"brokers":{
              "a:1/bootstrap":{"nodeid":-1,"state":"INIT","disconnects":4},
              "a:1/1":{"nodeid":1,"state":"UP","txretries":1,"req_timeouts":2,"disconnects":3,"rtt":{"p99":900},"throttle":{"avg":0}},
              "b:1/2":{"nodeid":2,"state":"DOWN","txretries":10,"req_timeouts":20,"disconnects":30,"rtt":{"p99":1200},"throttle":{"avg":7}}}}
            """)!;

        Assert.Equal((3, 300, 1000, 90_000), (statistics.QueuedRecords, statistics.QueuedBytes, statistics.SentRecords, statistics.SentRecordBytes));
        Assert.Equal((12, 100_000), (statistics.Requests, statistics.RequestBytes));
        Assert.Equal((2, 1), (statistics.Brokers, statistics.BrokersUp));
        Assert.Equal((11, 22, 37), (statistics.Retries, statistics.RequestTimeouts, statistics.Disconnects));
        Assert.Equal((1_200, 7), (statistics.RoundTripP99Us, statistics.ThrottleMs));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("{\"msg_cnt\":")]
    public void TryParse_SomethingElse_IsNull(string json) => Assert.Null(Parse(json));

    [Fact]
    public void TryParse_FieldsOfOtherTypes_CountAsNothing()
    {
        KafkaStatistics statistics = Parse("""{"msg_cnt":"many","tx":1.5,"brokers":{"a":{"nodeid":1,"state":3,"rtt":4}}}""")!;

        Assert.Equal((0, 0, 1, 0, 0), (statistics.QueuedRecords, statistics.Requests, statistics.Brokers, statistics.BrokersUp, statistics.RoundTripP99Us));
    }

    private static KafkaStatistics? Parse(string json) => KafkaStatistics.TryParse(Encoding.UTF8.GetBytes(json));
}
