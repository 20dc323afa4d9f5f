// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf;

/// <summary>Takes the records of a <see cref="PerfRing"/>, whatever they are.</summary>
internal interface IPerfRecordHandler
{
    /// <summary>One record: <paramref name="body"/> is what follows the perf_event_header, and dies when the call returns.</summary>
    /// <returns>False when the record's content makes no sense.</returns>
    bool OnRecord(int source, uint type, scoped ReadOnlySpan<byte> body);
}
