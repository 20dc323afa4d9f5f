// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Waits for what other threads do, and fails instead of hanging when they do not.</summary>
internal static class Eventually
{
    /// <summary>Never reached by a test that passes, however busy the machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task HoldsAsync(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "Waited in vain.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
