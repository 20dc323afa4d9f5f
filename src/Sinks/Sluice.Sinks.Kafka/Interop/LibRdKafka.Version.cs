// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

internal static unsafe partial class LibRdKafka
{
    [LibraryImport(Library)]
    public static partial byte* rd_kafka_version_str();
}
