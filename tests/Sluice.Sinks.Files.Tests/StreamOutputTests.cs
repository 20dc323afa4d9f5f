// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.IO.Pipes;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class StreamOutputTests
{
    private static LinePump Pump(Stream stream, SinkLedger ledger) =>
        new(new JsonEventEncoder(), new StreamOutput("Standard output", stream), ledger);

    [Fact]
    public async Task Write_OpenPipe_ArrivesAndIsDelivered()
    {
        using var reader = new AnonymousPipeServerStream(PipeDirection.In);
        var ledger = new SinkLedger("-");
        using (LinePump pump = Pump(PipeWriter(reader), ledger))
        {
            pump.Write(Batches.Numbered(0, 3), CancellationToken.None);
        }

        reader.DisposeLocalCopyOfClientHandle();
        string text = await new StreamReader(reader).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3, ledger.Delivered);
        Assert.Equal(4, text.Split('\n').Length);
    }

    [Fact]
    public void Write_ReaderIsGone_EndsQuietlyAndDeliversNothing()
    {
        var reader = new AnonymousPipeServerStream(PipeDirection.In);
        var ledger = new SinkLedger("-");
        using LinePump pump = Pump(PipeWriter(reader), ledger);
        reader.Dispose();

        SinkException error = Assert.Throws<SinkException>(() => pump.Write(Batches.Numbered(0, 3), CancellationToken.None));

        Assert.Equal((DropReason.PipeClosed, true), (error.Reason, error.EndsQuietly));
        Assert.Equal("Standard output was closed by its reader.", error.Message);
        Assert.Equal(0, ledger.Delivered);
    }

    /// <summary>The way standard output is written: a FileStream without a buffer on the pipe's own descriptor.</summary>
    private static FileStream PipeWriter(AnonymousPipeServerStream reader) =>
        new($"/proc/self/fd/{reader.GetClientHandleAsString()}", new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, BufferSize = 0 });
}
