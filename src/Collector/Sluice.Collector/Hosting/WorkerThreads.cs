// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Collector.Hosting;

/// <summary>
/// Threads for the workers of sinks. A worker's write may block for as long as a pipe or a disk does, and the thread pool, which begins with one thread for
/// each CPU, replaces a blocked thread only after half a second: a few slow sinks would hold up the others, the ledger file and the stop.
/// </summary>
internal static class WorkerThreads
{
    /// <summary>Lets every sink block and still leaves the pool what it has without them. Threads are made when they are needed, not here.</summary>
    public static void Reserve(int sinks)
    {
        ThreadPool.GetMinThreads(out _, out int minCompletionThreads);
        if (!ThreadPool.SetMinThreads(Environment.ProcessorCount + sinks, minCompletionThreads))
        {
            throw new InvalidOperationException($"The thread pool does not take a minimum of {Environment.ProcessorCount + sinks} threads.");
        }
    }
}
