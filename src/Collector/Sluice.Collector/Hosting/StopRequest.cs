// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;

namespace Sluice.Collector.Hosting;

/// <summary>Where everything that can end a capture (signals, limits, sinks, dying threads) says so. The first one counts. Thread-safe, never blocks.</summary>
internal sealed class StopRequest
{
    // Continuations run elsewhere: the reader's thread and signal handlers must not run the whole stop inside their call.
    private readonly TaskCompletionSource<StopCause> _cause = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first cause.</summary>
    public Task<StopCause> Requested => _cause.Task;

    /// <summary>False when a stop was requested before.</summary>
    public bool TryStop(string reason, Exception? failure = null) => _cause.TrySetResult(new StopCause(reason, failure));
}
