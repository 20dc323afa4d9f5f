// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: InternalsVisibleTo("Sluice.Sinks.Kafka.Tests")]

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>
/// What we use of librdkafka's producer (rdkafka.h). Names and numbers are those of the header; the numbers are part of its ABI.
/// </summary>
/// <remarks>
/// Why not Confluent.Kafka's producer: it takes a <c>byte[]</c> and a callback per record and allocates about 600 B for each, while
/// <see cref="rd_kafka_produceva"/> copies straight out of the encoder's buffer and takes an integer as the record's token.
/// There is no callback from native code: delivery reports, errors and log lines are events on a queue that one of our threads reads.
/// </remarks>
internal static unsafe partial class LibRdKafka
{
    public const int RD_KAFKA_PRODUCER = 0;

    public const int RD_KAFKA_CONF_UNKNOWN = -2;
    public const int RD_KAFKA_CONF_OK = 0;

    public const int RD_KAFKA_EVENT_DR = 0x1;
    public const int RD_KAFKA_EVENT_LOG = 0x4;
    public const int RD_KAFKA_EVENT_ERROR = 0x8;
    public const int RD_KAFKA_EVENT_STATS = 0x40;
    public const int RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT = 104;

    public const int RD_KAFKA_VTYPE_RKT = 2;
    public const int RD_KAFKA_VTYPE_VALUE = 4;
    public const int RD_KAFKA_VTYPE_KEY = 5;
    public const int RD_KAFKA_VTYPE_OPAQUE = 6;
    public const int RD_KAFKA_VTYPE_MSGFLAGS = 7;
    public const int RD_KAFKA_VTYPE_HEADERS = 10;

    public const int RD_KAFKA_PARTITION_UA = -1;

    public const int RD_KAFKA_MSG_F_COPY = 0x2;

    public const int RD_KAFKA_PURGE_F_QUEUE = 0x1;
    public const int RD_KAFKA_PURGE_F_INFLIGHT = 0x2;
    public const int RD_KAFKA_PURGE_F_NON_BLOCKING = 0x4;

    public const int RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE = 0x8;

    public const int RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS = 5;
    public const int RD_KAFKA_RESOURCE_TOPIC = 2;

    private const string Library = "librdkafka";

    [LibraryImport(Library)]
    public static partial nint rd_kafka_conf_new();

    [LibraryImport(Library)]
    public static partial void rd_kafka_conf_destroy(nint conf);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rd_kafka_conf_set(ConfHandle conf, string name, string value, byte* errstr, nuint errstr_size);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rd_kafka_conf_get(ConfHandle conf, string name, byte* dest, nuint* dest_size);

    [LibraryImport(Library)]
    public static partial void rd_kafka_conf_set_events(ConfHandle conf, int events);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_new(int type, nint conf, byte* errstr, nuint errstr_size);

    [LibraryImport(Library)]
    public static partial void rd_kafka_destroy_flags(nint rk, int flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rd_kafka_topic_new(nint rk, string topic, nint conf);

    [LibraryImport(Library)]
    public static partial void rd_kafka_topic_destroy(nint rkt);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_queue_get_main(nint rk);

    [LibraryImport(Library)]
    public static partial void rd_kafka_queue_destroy(nint rkqu);

    [LibraryImport(Library)]
    public static partial int rd_kafka_set_log_queue(nint rk, nint rkqu);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_queue_new(nint rk);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_queue_poll(nint rkqu, int timeout_ms);

    /// <summary>Ends a running <see cref="rd_kafka_queue_poll"/> early.</summary>
    [LibraryImport(Library)]
    public static partial void rd_kafka_queue_yield(nint rkqu);

    /// <returns>Null, or an error object to be freed with <see cref="rd_kafka_error_destroy"/>.</returns>
    [LibraryImport(Library)]
    public static partial nint rd_kafka_produceva(ProducerHandle rk, rd_kafka_vu_t* vus, nuint cnt);

    /// <summary>Stops at the first record for which the queue has no room: what stands behind it has the same error.</summary>
    /// <returns>How many were taken; the others have their <see cref="rd_kafka_message_t.err"/>.</returns>
    [LibraryImport(Library)]
    public static partial int rd_kafka_produce_batch(nint rkt, int partition, int msgflags, rd_kafka_message_t* rkmessages, int message_cnt);

    [LibraryImport(Library)]
    public static partial nint rd_kafka_headers_new(nuint initial_count);

    [LibraryImport(Library)]
    public static partial int rd_kafka_header_add(nint hdrs, byte* name, nint name_size, byte* value, nint value_size);

    [LibraryImport(Library)]
    public static partial void rd_kafka_headers_destroy(nint hdrs);

    /// <summary>Takes a record's headers away from it. Reads and clears one field: short enough to be called without a GC transition.</summary>
    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int rd_kafka_message_detach_headers(rd_kafka_message_t* message, nint* hdrsp);

    [LibraryImport(Library)]
    public static partial int rd_kafka_error_code(nint error);

    [LibraryImport(Library)]
    public static partial void rd_kafka_error_destroy(nint error);

    [LibraryImport(Library)]
    public static partial int rd_kafka_flush(ProducerHandle rk, int timeout_ms);

    [LibraryImport(Library)]
    public static partial int rd_kafka_purge(ProducerHandle rk, int purge_flags);

    [LibraryImport(Library)]
    public static partial int rd_kafka_metadata(ProducerHandle rk, int all_topics, nint only_rkt, rd_kafka_metadata** metadatap, int timeout_ms);

    [LibraryImport(Library)]
    public static partial void rd_kafka_metadata_destroy(rd_kafka_metadata* metadata);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_err2str(int err);

    [LibraryImport(Library)]
    public static partial int rd_kafka_event_type(nint rkev);

    [LibraryImport(Library)]
    public static partial nuint rd_kafka_event_message_array(nint rkev, rd_kafka_message_t** rkmessages, nuint size);

    [LibraryImport(Library)]
    public static partial int rd_kafka_event_error(nint rkev);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_event_error_string(nint rkev);

    [LibraryImport(Library)]
    public static partial int rd_kafka_event_error_is_fatal(nint rkev);

    [LibraryImport(Library)]
    public static partial int rd_kafka_event_log(nint rkev, byte** fac, byte** str, int* level);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_event_stats(nint rkev);

    [LibraryImport(Library)]
    public static partial void rd_kafka_event_destroy(nint rkev);

    [LibraryImport(Library)]
    public static partial int rd_kafka_fatal_error(ProducerHandle rk, byte* errstr, nuint errstr_size);

    [LibraryImport(Library)]
    public static partial byte* rd_kafka_topic_name(nint rkt);
}
