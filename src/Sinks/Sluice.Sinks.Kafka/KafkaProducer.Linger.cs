// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>Sends batches that are not full once they have waited a little.</summary>
/// <remarks>
/// librdkafka's own <c>linger.ms</c> is no use for that with an idempotent producer: it has one request per partition on the way, and while it waits
/// for the answer and records behind it are older than <c>linger.ms</c>, the broker's thread polls without sleeping (librdkafka 2.15.1,
/// rd_kafka_msgq_allow_wakeup_at). That costs a core for as long as the broker is slower than we are, or hangs. So <c>linger.ms</c> is
/// very long, and the event thread asks for partial batches with short flushes; full batches leave by themselves.
/// </remarks>
internal sealed partial class KafkaProducer
{
    /// <summary>A flush of this length sets the brokers' threads going; what it leaves, the next one takes.</summary>
    private const int FlushMs = 1;

    /// <summary>How long a record waits for others while few are under way.</summary>
    private const int LingerMs = 10;

    /// <summary>The same while batches fill up by themselves: only partitions with little traffic need it then.</summary>
    private const int BusyLingerMs = 100;

    /// <summary>With more records under way than this, and new ones coming, full batches are the rule.</summary>
    private const int BusyPending = 2_000;

    /// <summary>While nothing moves (the broker hangs), flushes become as rare as this.</summary>
    private const int MaxLingerMs = 500;

    private readonly bool _sendsPartialBatches;
    private bool _isDozing;

    // Event thread only.
    private long _nextFlushMs;
    private long _lastProduced;
    private long _lastPending;
    private int _flushIntervalMs = LingerMs;

    /// <summary>Tells the event thread that there is something to send. After every batch; never waits.</summary>
    public void Announce()
    {
        // The fence orders the writes of _produced before the look at _isDozing; its partner is the one in NextWaitMs.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isDozing))
        {
            Volatile.Write(ref _isDozing, false);
            LibRdKafka.rd_kafka_queue_yield(_handle.Queue);
        }
    }

    /// <summary>How long the event thread may wait for the next event.</summary>
    private int NextWaitMs()
    {
        if (!_sendsPartialBatches)
        {
            return PollTimeoutMs;
        }

        if (_lastPending == 0)
        {
            Volatile.Write(ref _isDozing, true);

            // Partner: the fence in Announce. Either the writing thread sees that we doze or we see what it produced.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _produced) == _lastProduced)
            {
                return PollTimeoutMs;
            }

            Volatile.Write(ref _isDozing, false);
        }

        return (int)Math.Clamp(_nextFlushMs - Environment.TickCount64, 1, MaxLingerMs);
    }

    private void SendPartialBatches(long nowMs)
    {
        if (!_sendsPartialBatches || nowMs < _nextFlushMs)
        {
            return;
        }

        long produced = Volatile.Read(ref _produced); // partner: the Volatile.Write in AddProduced
        long pending = Pending;
        bool areMoreComing = produced != _lastProduced;
        bool hasMoved = areMoreComing || pending != _lastPending;
        _flushIntervalMs = areMoreComing && pending > BusyPending ? BusyLingerMs
            : hasMoved ? LingerMs
            : Math.Min(_flushIntervalMs * 2, MaxLingerMs);
        _lastProduced = produced;
        _lastPending = pending;
        _nextFlushMs = nowMs + _flushIntervalMs;
        if (pending > 0)
        {
            _ = LibRdKafka.rd_kafka_flush(_handle, FlushMs);
        }
    }
}
