// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>The native client that the sink uses.</summary>
public static class KafkaClientLibrary
{
    /// <summary>The version of librdkafka; null when it cannot be loaded.</summary>
    public static string? FindVersion()
    {
        try
        {
            // SAFETY: the function returns a static string of the library, which is never unloaded.
            unsafe
            {
                return Marshal.PtrToStringUTF8((nint)LibRdKafka.rd_kafka_version_str());
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }
}
