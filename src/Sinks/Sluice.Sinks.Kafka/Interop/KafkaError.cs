// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>The values of <c>rd_kafka_resp_err_t</c> that we tell apart. Below zero: made by librdkafka; above zero: said by a broker.</summary>
internal static class KafkaError
{
    public const int ERR__BAD_COMPRESSION = -198;
    public const int ERR__DESTROY = -197;
    public const int ERR__TRANSPORT = -195;
    public const int ERR__RESOLVE = -193;
    public const int ERR__MSG_TIMED_OUT = -192;
    public const int ERR__UNKNOWN_PARTITION = -190;
    public const int ERR__UNKNOWN_TOPIC = -188;
    public const int ERR__ALL_BROKERS_DOWN = -187;
    public const int ERR__TIMED_OUT = -185;
    public const int ERR__QUEUE_FULL = -184;
    public const int ERR__SSL = -181;
    public const int ERR__AUTHENTICATION = -169;
    public const int ERR__PURGE_QUEUE = -152;
    public const int ERR__PURGE_INFLIGHT = -151;
    public const int ERR__FATAL = -150;
    public const int ERR_NO_ERROR = 0;
    public const int ERR_UNKNOWN_TOPIC_OR_PART = 3;
    public const int ERR_LEADER_NOT_AVAILABLE = 5;
    public const int ERR_MSG_SIZE_TOO_LARGE = 10;
    public const int ERR_TOPIC_AUTHORIZATION_FAILED = 29;
    public const int ERR_SASL_AUTHENTICATION_FAILED = 58;

    /// <summary>The error's text, such as <c>Broker: Message size too large</c>.</summary>
    public static unsafe string Describe(int code)
    {
        // SAFETY: rd_kafka_err2str returns a NUL-terminated string that lives as long as the library (for an unknown code, a thread-local one).
        return Marshal.PtrToStringUTF8((nint)LibRdKafka.rd_kafka_err2str(code)) ?? "unknown error";
    }
}
