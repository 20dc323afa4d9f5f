// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>The admin calls: reading a topic's settings from the broker.</summary>
internal static unsafe partial class LibRdKafka
{
    [LibraryImport(Library)]
    public static partial nint rd_kafka_AdminOptions_new(nint rk, int for_api);

    [LibraryImport(Library)]
    public static partial int rd_kafka_AdminOptions_set_request_timeout(nint options, int timeout_ms, byte* errstr, nuint errstr_size);

    [LibraryImport(Library)]
    public static partial void rd_kafka_AdminOptions_destroy(nint options);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rd_kafka_ConfigResource_new(int restype, string resname);

    [LibraryImport(Library)]
    public static partial void rd_kafka_ConfigResource_destroy(nint config);

    [LibraryImport(Library)]
    public static partial void rd_kafka_DescribeConfigs(nint rk, nint* configs, nuint config_cnt, nint options, nint rkqu);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_event_DescribeConfigs_result(nint rkev);

    [LibraryImport(Library)]
    public static partial nint* rd_kafka_DescribeConfigs_result_resources(nint result, nuint* cntp);

    [LibraryImport(Library)]
    public static partial int rd_kafka_ConfigResource_error(nint config);

    [LibraryImport(Library)]
    public static partial nint* rd_kafka_ConfigResource_configs(nint config, nuint* cntp);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_ConfigEntry_name(nint entry);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_ConfigEntry_value(nint entry);
}
