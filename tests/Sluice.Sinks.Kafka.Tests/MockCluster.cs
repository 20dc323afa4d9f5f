// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>
/// Brokers inside this process that speak the protocol over TCP and misbehave on request. They keep the last 5 MB of a partition.
/// </summary>
internal sealed class MockCluster : IDisposable
{
    private const short ProduceRequest = 0;
    private const int AllBrokers = -1;

    private readonly ProducerHandle _owner;
    private readonly nint _cluster;

    public MockCluster(int brokers = 1)
    {
        using var conf = new ConfHandle();
        conf.TrySet("log_level", "3"); // it would warn that it has no brokers to connect to
        _owner = ProducerHandle.TryCreate(conf, out string error) ?? throw new InvalidOperationException(error);
        _cluster = MockInterop.rd_kafka_mock_cluster_new(_owner.DangerousGetHandle(), brokers);
        Address = Marshal.PtrToStringUTF8(MockInterop.rd_kafka_mock_cluster_bootstraps(_cluster))!;
    }

    /// <summary>The brokers, as a URI names them.</summary>
    public string Address { get; }

    public void CreateTopic(string name, int partitions) =>
        Assert(MockInterop.rd_kafka_mock_topic_create(_cluster, name, partitions, 1));

    public void SetTopicError(string topic, int error) => MockInterop.rd_kafka_mock_topic_set_error(_cluster, topic, error);

    public void StopBrokers() => Assert(MockInterop.rd_kafka_mock_broker_set_down(_cluster, AllBrokers));

    public void StartBrokers() => Assert(MockInterop.rd_kafka_mock_broker_set_up(_cluster, AllBrokers));

    public void SetDelay(int milliseconds) => Assert(MockInterop.rd_kafka_mock_broker_set_rtt(_cluster, AllBrokers, milliseconds));

    /// <summary>The next produce requests are answered with these errors.</summary>
    public unsafe void FailNextProduceRequests(params int[] errors)
    {
        fixed (int* pointer = errors)
        {
            MockInterop.rd_kafka_mock_push_request_errors_array(_cluster, ProduceRequest, (nuint)errors.Length, pointer);
        }
    }

    public void Dispose()
    {
        MockInterop.rd_kafka_mock_cluster_destroy(_cluster);
        _owner.Dispose();
    }

    private static void Assert(int error)
    {
        if (error != 0)
        {
            throw new InvalidOperationException(KafkaError.Describe(error));
        }
    }
}
