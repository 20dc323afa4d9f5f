// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>librdkafka's mock cluster (rdkafka_mock.h).</summary>
internal static unsafe partial class MockInterop
{
    private const string Library = "librdkafka";

    // The client that a cluster lives in is the sink's library's, so it has to be the same build.
    static MockInterop() => NativeLibrary.SetDllImportResolver(typeof(MockInterop).Assembly, LibRdKafka.Resolve);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_mock_cluster_new(nint rk, int broker_cnt);

    [LibraryImport(Library)]
    public static partial void rd_kafka_mock_cluster_destroy(nint mcluster);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_mock_cluster_bootstraps(nint mcluster);

    [LibraryImport(Library)]
    public static partial void rd_kafka_mock_push_request_errors_array(nint mcluster, short ApiKey, nuint cnt, int* errors);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void rd_kafka_mock_topic_set_error(nint mcluster, string topic, int err);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rd_kafka_mock_topic_create(nint mcluster, string topic, int partition_cnt, int replication_factor);

    [LibraryImport(Library)]
    public static partial int rd_kafka_mock_broker_set_down(nint mcluster, int broker_id);

    [LibraryImport(Library)]
    public static partial int rd_kafka_mock_broker_set_up(nint mcluster, int broker_id);

    [LibraryImport(Library)]
    public static partial int rd_kafka_mock_broker_set_rtt(nint mcluster, int broker_id, int rtt_ms);
}
