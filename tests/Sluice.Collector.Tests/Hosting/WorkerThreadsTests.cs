// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Collector.Hosting;
using Xunit;

namespace Sluice.Collector.Tests.Hosting;

public sealed class WorkerThreadsTests
{
    [Fact]
    public async Task Reserve_EverySinkBlocks_OtherWorkGoesOn()
    {
        const int sinks = 24;
        WorkerThreads.Reserve(sinks);
        using var unblock = new ManualResetEventSlim();
        Task[] blocked = [.. Enumerable.Range(0, sinks).Select(_ => Task.Run(() => unblock.Wait(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken))];

        // Without the reserve the pool would add a thread every half second: more than ten seconds until this one's turn.
        Task other = Task.Run(static () => { }, TestContext.Current.CancellationToken);
        Task first = await Task.WhenAny(other, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        unblock.Set();
        await Task.WhenAll(blocked);

        Assert.Same(other, first);
    }
}
