// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Collector.Hosting;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Collector.Tests.Hosting;

public sealed class StopCauseTests
{
    [Fact]
    public async Task Stop_RequestedTwice_KeepsTheFirstCause()
    {
        var stop = new StopRequest();

        Assert.True(stop.TryStop("first"));
        Assert.False(stop.TryStop("second", new InvalidOperationException()));

        Assert.Equal(new StopCause("first"), await stop.Requested);
    }

    [Fact]
    public void Sink_ThatFailsBesideAnother_DoesNotStopTheCapture()
    {
        var stop = new StopRequest();
        var watch = new SinkWatch(sinks: 2, stop, NullLogger.Instance);

        watch.OnSinkFailed(Failure("a", endsQuietly: false));

        Assert.False(stop.Requested.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sink_ThatWasTheLast_StopsTheCapture(bool endsQuietly)
    {
        var stop = new StopRequest();
        var watch = new SinkWatch(sinks: 2, stop, NullLogger.Instance);

        watch.OnSinkFailed(Failure("a", endsQuietly: false));
        watch.OnSinkFailed(Failure("b", endsQuietly));

        Assert.True(stop.Requested.IsCompleted);
        Assert.Null((await stop.Requested).Failure);
    }

    private static SinkFailure Failure(string name, bool endsQuietly) =>
        new(name, DropReason.SinkFailed, endsQuietly, new SinkException("The disk is full."));
}
