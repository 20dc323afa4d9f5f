// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// A librdkafka producer and the thread that reads its events. Knows how many records are under way, and lets its user wait for
/// room or for the end of all of them.
/// </summary>
/// <remarks>
/// One user thread at a time produces and waits. Native code never calls us: reports are events on a queue. The event thread reads them, and frees the producer at
/// the end, so that nothing can arrive after that. While records are produced the user's thread reads reports too (<see cref="Poll"/>): memory that
/// is freed where it was allocated costs less.
/// </remarks>
internal sealed partial class KafkaProducer : IAsyncDisposable
{
    /// <summary>How long the event thread may sleep: bounds the time until an outage is noticed. The queue wakes it for events.</summary>
    private const int PollTimeoutMs = 500;

    /// <summary>After a purge every report is there within milliseconds; what is not is counted as dropped, so that a stop always ends.</summary>
    private const int PurgeTimeoutMs = 5_000;

    /// <summary>Reports fetched in one call.</summary>
    private const int ReportsPerCall = 512;

    private readonly string _sink;
    private readonly ProducerHandle _handle;
    private readonly DeliveryOutcomes _outcomes;
    private readonly BrokerOutage _outage;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly RecordHeaders?[] _headers = new RecordHeaders?[KafkaTopics.KindCount + 1];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long _produced;
    private long _eventsUnderWay;
    private KafkaStatistics? _statistics;

    // _gate guards the fields below it; held for a few instructions, no other lock is taken inside.
    private readonly Lock _gate = new();
    private long _completed;
    private long _waitTarget;
    private TaskCompletionSource? _waiter;
    private string? _failure;
    private string? _lastError;
    private int _lastErrorCode;
    private long _purgeDeadlineMs = long.MaxValue;

    private KafkaProducer(ProducerHandle handle, string sink, DeliveryOutcomes outcomes, ILogger logger, bool sendsPartialBatches)
    {
        _handle = handle;
        _sendsPartialBatches = sendsPartialBatches;
        _sink = sink;
        _outcomes = outcomes;
        _logger = logger;
        _outage = new BrokerOutage(logger, sink);
        _thread = new Thread(Run) { IsBackground = true, Name = "sluice-kafka" };
    }

    /// <summary>Why the producer cannot go on; null while it can.</summary>
    public string? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Records without an outcome.</summary>
    public long Pending
    {
        get
        {
            lock (_gate)
            {
                // Partner: the Volatile.Write in AddProduced.
                return Volatile.Read(ref _produced) - _completed;
            }
        }
    }

    /// <summary>Events without an outcome; at the moment of a call that produces, perhaps some more.</summary>
    public long PendingEvents => Interlocked.Read(ref _eventsUnderWay);

    /// <summary>The last connection error, for messages; null when there was none.</summary>
    public (int Code, string? Text) LastError
    {
        get
        {
            lock (_gate)
            {
                return (_lastErrorCode, _lastError);
            }
        }
    }

    /// <summary>What librdkafka said of itself last; null before the first time.</summary>
    public KafkaStatistics? Statistics => Volatile.Read(ref _statistics); // partner: the Volatile.Write in TakeStatistics

    /// <summary>The producer, for calls of one's own.</summary>
    public ProducerHandle Handle => _handle;

    /// <summary>Starts a producer and its thread; null and the reason when librdkafka refuses the configuration. No waiting for brokers.</summary>
    /// <param name="conf">The configuration, which the producer takes over.</param>
    /// <param name="sink">How messages name the sink.</param>
    /// <param name="outcomes">Counts what becomes of the records.</param>
    /// <param name="logger">Told about outages and failures.</param>
    /// <param name="sendsPartialBatches">True: we see to it that records do not wait long for a full batch; false: librdkafka's linger does.</param>
    /// <param name="error">What librdkafka says when it refuses.</param>
    public static KafkaProducer? TryStart(
        ConfHandle conf, string sink, DeliveryOutcomes outcomes, ILogger logger, bool sendsPartialBatches, out string error)
    {
        ProducerHandle? handle = ProducerHandle.TryCreate(conf, out error);
        if (handle is null)
        {
            return null;
        }

        var producer = new KafkaProducer(handle, sink, outcomes, logger, sendsPartialBatches);
        producer._thread.Start();
        return producer;
    }

    /// <summary>Gives the headers of acknowledged records back whose token has this number. Before the first of them is produced.</summary>
    public void Recycle(int number, RecordHeaders headers)
    {
        _handle.Own(headers);

        // Partner: the Volatile.Read in ReturnHeaders; in between lies at least one record's way through librdkafka.
        Volatile.Write(ref _headers[number], headers);
    }

    /// <summary>Puts a copy of a record into the queue; never waits.</summary>
    /// <returns>Zero when it was taken: its outcome will be counted. Else the error, and nothing is counted.</returns>
    public int Produce(RecordTemplate template, RecordToken token, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // Counted before the call: the report may be there before it returns.
        AddProduced(1, token.Events);
        int error = template.Produce(_handle, token, key, value);
        if (error != KafkaError.ERR_NO_ERROR)
        {
            AddProduced(-1, -token.Events);
        }

        return error;
    }

    /// <summary>Puts records of one event each into the queue, in order, until one finds no room; never waits.</summary>
    /// <param name="topic">The topic of all of them.</param>
    /// <param name="messages">Value, key and token of each; those that are not taken have their error.</param>
    /// <param name="count">How many.</param>
    /// <param name="isCopied">False: the values stay where they are, untouched, until their reports.</param>
    /// <returns>True when all were taken.</returns>
    public unsafe bool ProduceMany(nint topic, rd_kafka_message_t* messages, int count, bool isCopied)
    {
        AddProduced(count, count); // before the call, as in Produce
        int flags = isCopied ? LibRdKafka.RD_KAFKA_MSG_F_COPY : 0;
        int taken = LibRdKafka.rd_kafka_produce_batch(topic, LibRdKafka.RD_KAFKA_PARTITION_UA, flags, messages, count);
        if (taken != count)
        {
            AddProduced(taken - count, taken - count);
        }

        return taken == count;
    }

    /// <summary>
    /// Completes when a quarter of the records now under way have their outcome: room for more than one, so that a full
    /// queue does not cost a wake-up per record. Completes at once when none is under way.
    /// </summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        long pending = Pending;
        return WaitUntilCompleted(_produced - pending + ((pending + 3) / 4), cancellationToken);
    }

    /// <summary>Completes when every record has its outcome.</summary>
    public Task WaitForAllAsync(CancellationToken cancellationToken) =>
        WaitUntilCompleted(_produced, cancellationToken);

    /// <summary>Gives up what has no outcome, waits for the reports of that, and frees the producer.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_purgeDeadlineMs == long.MaxValue)
            {
                _purgeDeadlineMs = Environment.TickCount64 + PurgeTimeoutMs;
            }
        }

        // The event thread frees the handle only after it saw the deadline; AddRef keeps the queue alive for the two calls.
        bool isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            LibRdKafka.rd_kafka_queue_yield(_handle.Queue);
        }
        catch (ObjectDisposedException)
        {
            // The thread was faster.
        }
        finally
        {
            if (isHeld)
            {
                _handle.DangerousRelease();
            }
        }

        await _ended.Task.ConfigureAwait(false);
    }

    /// <summary>Only the user's thread writes the first counter; its partner is the Volatile.Read in Pending. The second one falls with reports, on any thread.</summary>
    private void AddProduced(int records, int events)
    {
        Volatile.Write(ref _produced, _produced + records);
        Interlocked.Add(ref _eventsUnderWay, events);
    }

    private Task WaitUntilCompleted(long target, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_completed >= target || _failure is not null)
            {
                return Task.CompletedTask;
            }

            _waitTarget = target;
            _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiter.Task.WaitAsync(cancellationToken);
        }
    }
}
