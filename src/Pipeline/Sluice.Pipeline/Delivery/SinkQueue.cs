// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Batches that wait for one sink, bounded in bytes. Many writers, one reader at a time.
/// </summary>
/// <remarks>Ownership: the queue holds one reference to every batch in it; the reader gets it with the batch.</remarks>
internal sealed class SinkQueue
{
    // Every intake may put one batch over the limit of a `block` queue (see TryEnqueue); there are far fewer intakes than this.
    private const int SpareSlots = 1024;

    /// <summary>Guards the bytes and the closing; a Monitor and not a Lock because readers wait on it. Innermost lock.</summary>
    private readonly object _gate = new();

    private readonly Channel<SampleBatch> _channel;
    private readonly long _maxBytes;
    private readonly bool _blocks;
    private long _queuedBytes;
    private bool _isClosed;
    private DropReason _closeReason;

    public SinkQueue(SinkQueueOptions options)
    {
        _maxBytes = options.MaxBytes;
        _blocks = options.Overflow == OverflowPolicy.Block;
        // The bound that counts is the one in bytes. The channel's own is where that one would be if every batch had the smallest arena.
        long slots = (options.MaxBytes / BatchPool.SmallestArenaBytes) + SpareSlots;
        _channel = Channel.CreateBounded<SampleBatch>(new BoundedChannelOptions((int)Math.Min(slots, int.MaxValue))
        {
            FullMode = BoundedChannelFullMode.Wait,
            // The lane of a spool takes what is left when the worker hangs in its sink.
            SingleReader = options.Overflow != OverflowPolicy.Spool,
            SingleWriter = false,
            AllowSynchronousContinuations = false,
        });
    }

    /// <summary>Bytes that may wait in it.</summary>
    public long MaxBytes => _maxBytes;

    /// <summary>Bytes of the batches in the queue.</summary>
    public long QueuedBytes
    {
        get
        {
            lock (_gate)
            {
                return _queuedBytes;
            }
        }
    }

    /// <summary>True when <paramref name="bytes"/> more fit.</summary>
    public bool HasRoom(int bytes)
    {
        lock (_gate)
        {
            return Fits(bytes);
        }
    }

    /// <summary>True when writing <paramref name="bytes"/> would not have to wait: always, but for a full queue of policy block.</summary>
    public bool TakesWithoutWaiting(int bytes)
    {
        lock (_gate)
        {
            return !_blocks || _isClosed || Fits(bytes);
        }
    }

    /// <summary>
    /// Policy block: waits until <paramref name="bytes"/> fit or the queue is closed; this is the back-pressure on the reader of a ring.
    /// Other policies: returns at once.
    /// </summary>
    public void WaitForRoom(int bytes)
    {
        if (!_blocks)
        {
            return;
        }

        lock (_gate)
        {
            while (!_isClosed && !Fits(bytes))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>
    /// Takes a batch, and a reference to it; never waits. A queue of policy block takes it even when it is full: the writer has waited for
    /// room before, and the little by which several of them can exceed the limit is not worth a place among the losses.
    /// </summary>
    /// <param name="batch">The batch; the caller keeps its own reference.</param>
    /// <param name="refusal">Why it was refused.</param>
    public bool TryEnqueue(SampleBatch batch, out DropReason refusal)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                refusal = _closeReason;
                return false;
            }

            refusal = DropReason.QueueFull;
            if (!_blocks && !Fits(batch.CapacityBytes))
            {
                return false;
            }

            batch.AddReference();
            if (!_channel.Writer.TryWrite(batch))
            {
                batch.Release();
                return false;
            }

            _queuedBytes += batch.CapacityBytes;
            return true;
        }
    }

    /// <summary>The next batch, whose reference is now the caller's; null when there is none at the moment.</summary>
    public SampleBatch? TryDequeue()
    {
        if (!_channel.Reader.TryRead(out SampleBatch? batch))
        {
            return null;
        }

        lock (_gate)
        {
            _queuedBytes -= batch.CapacityBytes;
            if (_blocks)
            {
                Monitor.PulseAll(_gate);
            }
        }

        return batch;
    }

    /// <summary>False when the queue is closed and empty.</summary>
    public ValueTask<bool> WaitToDequeueAsync() => _channel.Reader.WaitToReadAsync(CancellationToken.None);

    /// <summary>
    /// Takes nothing more, and lets every waiting writer go; what is in the queue can still be read. Batches refused from now on are
    /// dropped for <paramref name="reason"/>. Calls after the first do nothing.
    /// </summary>
    public void Close(DropReason reason)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _closeReason = reason;
            _channel.Writer.TryComplete();
            Monitor.PulseAll(_gate);
        }
    }

    // A batch larger than the whole queue fits into an empty one: it has to get through somehow.
    private bool Fits(int bytes) => _queuedBytes == 0 || _queuedBytes + bytes <= _maxBytes;
}
