// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class NullSinkTests
{
    [Fact]
    public async Task WriteAsync_Batch_IsDelivered()
    {
        await using var sink = new NullSink(NullSinkOptions.Parse(SinkUri.Parse("null:?name=none")));
        await sink.StartAsync(CancellationToken.None);
        await sink.WriteAsync(Batches.Numbered(0, 5), CancellationToken.None);

        Assert.Equal(("none", 5), (sink.Ledger.Name, sink.Ledger.Delivered));
    }

    [Theory]
    [InlineData("null:/a", "nothing may stand behind the colon")]
    [InlineData("null:?a=b", "unknown option 'a'")]
    public void Options_BadUri_SayWhat(string uri, string message)
    {
        SinkUriException error = Assert.Throws<SinkUriException>(() => NullSinkOptions.Parse(SinkUri.Parse(uri)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
