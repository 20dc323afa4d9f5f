// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>Owns an <c>rd_kafka_conf_t</c> until a producer takes it over.</summary>
internal sealed unsafe class ConfHandle : SafeHandle
{
    private const int ErrorBytes = 512;

    public ConfHandle()
        : base(0, ownsHandle: true) => SetHandle(LibRdKafka.rd_kafka_conf_new());

    public override bool IsInvalid => handle == 0;

    /// <summary>Sets one property.</summary>
    /// <returns>Null, or what is wrong with the name or the value.</returns>
    public string? TrySet(string name, string value)
    {
        byte* error = stackalloc byte[ErrorBytes];

        // SAFETY: error holds ErrorBytes bytes; librdkafka writes at most that many, NUL included, and copies name and value.
        int result = LibRdKafka.rd_kafka_conf_set(this, name, value, error, ErrorBytes);
        return result == LibRdKafka.RD_KAFKA_CONF_OK ? null : ReadText(error);
    }

    /// <summary>The value of a property; null when it does not exist.</summary>
    public string? Get(string name)
    {
        nuint size = ErrorBytes;
        byte* value = stackalloc byte[ErrorBytes];

        // SAFETY: size tells how many bytes value holds; librdkafka cuts the value to it.
        return LibRdKafka.rd_kafka_conf_get(this, name, value, &size) == LibRdKafka.RD_KAFKA_CONF_OK ? ReadText(value) : null;
    }

    /// <summary>Lets delivery reports, errors, log lines and statistics come as events.</summary>
    public void EnableEvents() => LibRdKafka.rd_kafka_conf_set_events(
        this,
        LibRdKafka.RD_KAFKA_EVENT_DR | LibRdKafka.RD_KAFKA_EVENT_ERROR | LibRdKafka.RD_KAFKA_EVENT_LOG | LibRdKafka.RD_KAFKA_EVENT_STATS);

    /// <summary>Makes a producer of it, which then owns the configuration.</summary>
    /// <returns>Zero and the reason when librdkafka refuses the configuration; this object then stays the owner.</returns>
    public nint CreateProducer(out string error)
    {
        byte* text = stackalloc byte[ErrorBytes];
        text[0] = 0;

        // SAFETY: text holds ErrorBytes bytes. On success librdkafka frees the configuration, so this handle lets go of it.
        nint producer = LibRdKafka.rd_kafka_new(LibRdKafka.RD_KAFKA_PRODUCER, handle, text, ErrorBytes);
        if (producer != 0)
        {
            SetHandleAsInvalid();
        }

        error = ReadText(text);
        return producer;
    }

    protected override bool ReleaseHandle()
    {
        LibRdKafka.rd_kafka_conf_destroy(handle);
        return true;
    }

    private static string ReadText(byte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
