// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Collector.Hosting;

/// <summary>
/// Reads a pipe whose writer may say nothing for hours, and lets go of it when told to stop. Whoever was interrupted must not use the stream again: a read that
/// was given up may still take bytes.
/// </summary>
internal sealed class InterruptibleStream : Stream
{
    private readonly Stream _inner;
    private readonly CancellationToken _stop;

    public InterruptibleStream(Stream inner, CancellationToken stop)
    {
        _inner = inner;
        _stop = stop;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public override int Read(byte[] buffer, int offset, int count) =>
        Task.Run(() => _inner.Read(buffer, offset, count), CancellationToken.None).WaitAsync(_stop).GetAwaiter().GetResult();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // Closing waits for the read that was given up; the end of the process closes it as well.
        if (disposing && !_stop.IsCancellationRequested)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
