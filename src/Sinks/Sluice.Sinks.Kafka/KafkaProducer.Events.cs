// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>What librdkafka tells, read by the event thread and, while records are produced, by the thread that does so.</summary>
internal sealed unsafe partial class KafkaProducer
{
    private void Run()
    {
        try
        {
            PollUntilClosed();
        }
        catch (Exception e)
        {
            // Nothing here is expected to throw; if it does, the sink must not go on without its accounting.
            KafkaLog.ThreadDied(_logger, _sink, e);
            Fail("the thread that reads delivery reports died: " + e.Message);
        }
        finally
        {
            _handle.Dispose();
            CountAbandoned();
            _outcomes.Report(Environment.TickCount64, isLast: true);
            _ended.SetResult();
        }
    }

    /// <summary>Takes the events that are there. For the user's thread, between one call that produces and the next; never waits.</summary>
    public void Poll()
    {
        nint rkev = LibRdKafka.rd_kafka_queue_poll(_handle.Queue, 0);
        if (rkev != 0)
        {
            TakeAll(rkev);
        }
    }

    private void TakeAll(nint rkev)
    {
        rd_kafka_message_t** reports = stackalloc rd_kafka_message_t*[ReportsPerCall];
        nint* headers = stackalloc nint[ReportsPerCall];
        do
        {
            Take(rkev, reports, headers);
            rkev = LibRdKafka.rd_kafka_queue_poll(_handle.Queue, 0);
        }
        while (rkev != 0);
    }

    private void PollUntilClosed()
    {
        rd_kafka_message_t** reports = stackalloc rd_kafka_message_t*[ReportsPerCall];
        nint* headers = stackalloc nint[ReportsPerCall];
        bool isPurged = false;
        while (true)
        {
            nint rkev = LibRdKafka.rd_kafka_queue_poll(_handle.Queue, NextWaitMs());
            if (rkev != 0)
            {
                Take(rkev, reports, headers);
            }

            long nowMs = Environment.TickCount64;
            long pending = Pending;
            SendPartialBatches(nowMs);
            _outage.OnTick(nowMs, PendingEvents);
            _outcomes.Report(nowMs);
            long deadlineMs = PurgeDeadlineMs;
            if (deadlineMs == long.MaxValue)
            {
                continue;
            }

            if (!isPurged)
            {
                isPurged = true;
                Purge();
            }

            if (pending == 0 || nowMs >= deadlineMs)
            {
                return;
            }
        }
    }

    private long PurgeDeadlineMs
    {
        get
        {
            lock (_gate)
            {
                return _purgeDeadlineMs;
            }
        }
    }

    private void Take(nint rkev, rd_kafka_message_t** reports, nint* headers)
    {
        switch (LibRdKafka.rd_kafka_event_type(rkev))
        {
            case LibRdKafka.RD_KAFKA_EVENT_DR:
                TakeReports(rkev, reports, headers);
                return;
            case LibRdKafka.RD_KAFKA_EVENT_ERROR:
                TakeError(rkev);
                break;
            case LibRdKafka.RD_KAFKA_EVENT_LOG:
                TakeLogLine(rkev);
                break;
            case LibRdKafka.RD_KAFKA_EVENT_STATS:
                TakeStatistics(rkev);
                break;
        }

        LibRdKafka.rd_kafka_event_destroy(rkev);
    }

    private void TakeReports(nint rkev, rd_kafka_message_t** reports, nint* headers)
    {
        long delivered = 0;
        long events = 0;
        long total = 0;
        nuint count;
        while ((count = LibRdKafka.rd_kafka_event_message_array(rkev, reports, ReportsPerCall)) != 0)
        {
            delivered += TakeOutcomes(new ReadOnlySpan<nint>(reports, (int)count), headers, ref events);
            total += (long)count;
        }

        _outcomes.AddDelivered(delivered);
        if (delivered > 0)
        {
            _outage.OnDelivered(Environment.TickCount64);
        }

        // In this order: destroying the event makes the room that a waiter is then woken for.
        LibRdKafka.rd_kafka_event_destroy(rkev);
        Interlocked.Add(ref _eventsUnderWay, -events);
        Complete(total);
    }

    /// <summary>Counts the outcomes, save plain successes; returns the events of these, and takes headers and memory of the records back.</summary>
    private long TakeOutcomes(ReadOnlySpan<nint> reports, nint* headers, ref long events)
    {
        long delivered = 0;
        for (int done = 0; done < reports.Length;)
        {
            var token = new RecordToken(((rd_kafka_message_t*)reports[done])->_private);
            int run = CountRun(reports[done..], token);
            delivered += TakeRun(reports.Slice(done, run), token, headers);
            events += (long)run * token.Events;
            done += run;
        }

        return delivered;
    }

    /// <summary>How many of the first reports have the same token: records that were produced together mostly come back together.</summary>
    private static int CountRun(ReadOnlySpan<nint> reports, RecordToken token)
    {
        // SAFETY: librdkafka filled in these pointers; what they point at lives until the event is destroyed.
        int count = 1;
        while (count < reports.Length && ((rd_kafka_message_t*)reports[count])->_private == token.Value)
        {
            count++;
        }

        return count;
    }

    private long TakeRun(ReadOnlySpan<nint> reports, RecordToken token, nint* headers)
    {
        int delivered = 0;
        int held = 0;

        // SAFETY: as in CountRun; `headers` has room for as many as there are reports.
        foreach (nint pointer in reports)
        {
            var report = (rd_kafka_message_t*)pointer;
            if (report->err != KafkaError.ERR_NO_ERROR || token.IsDeadLetter)
            {
                _outcomes.Add(report->err, token);
                continue;
            }

            delivered++;
            if (token.Headers != 0 && LibRdKafka.rd_kafka_message_detach_headers(report, &headers[held]) == KafkaError.ERR_NO_ERROR)
            {
                held++;
            }
        }

        if (held != 0)
        {
            // Partner: the Volatile.Write in Recycle.
            Volatile.Read(ref _headers[token.Headers])!.Return(new ReadOnlySpan<nint>(headers, held));
        }

        if (token.Arena != 0)
        {
            _handle.Arenas.Release(token.Arena, reports.Length);
        }

        return (long)delivered * token.Events;
    }

    private void Complete(long count)
    {
        TaskCompletionSource? waiter = null;
        lock (_gate)
        {
            _completed += count;
            if (_waiter is not null && _completed >= _waitTarget)
            {
                waiter = _waiter;
                _waiter = null;
            }
        }

        waiter?.TrySetResult();
    }

    private void TakeError(nint rkev)
    {
        int code = LibRdKafka.rd_kafka_event_error(rkev);

        // SAFETY: the text lives as long as the event.
        string text = Marshal.PtrToStringUTF8((nint)LibRdKafka.rd_kafka_event_error_string(rkev)) ?? KafkaError.Describe(code);
        if (LibRdKafka.rd_kafka_event_error_is_fatal(rkev) != 0 || code == KafkaError.ERR__FATAL)
        {
            Fail(text);
            Purge();
            return;
        }

        if (code == KafkaError.ERR__ALL_BROKERS_DOWN)
        {
            _outage.OnAllBrokersDown(Environment.TickCount64, PendingEvents);
            return;
        }

        _outage.OnError(text);
        lock (_gate)
        {
            _lastError = text;
            _lastErrorCode = code;
        }
    }

    private void TakeLogLine(nint rkev)
    {
        byte* facility;
        byte* text;
        int level;

        // SAFETY: librdkafka sets the three when it returns 0; the strings live as long as the event.
        if (LibRdKafka.rd_kafka_event_log(rkev, &facility, &text, &level) == 0)
        {
            // Its own levels are no use here: during an outage it writes an error line for every attempt to connect.
            KafkaLog.ClientLine(_logger, _sink, Marshal.PtrToStringUTF8((nint)facility) ?? "", Marshal.PtrToStringUTF8((nint)text) ?? "");
        }
    }

    private void TakeStatistics(nint rkev)
    {
        // SAFETY: the text lives as long as the event.
        ReadOnlySpan<byte> json = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibRdKafka.rd_kafka_event_stats(rkev));
        if (KafkaStatistics.TryParse(json) is { } statistics)
        {
            Volatile.Write(ref _statistics, statistics); // partner: the Volatile.Read in Statistics
        }
    }

    private void Fail(string reason)
    {
        _outcomes.SetFailed();
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
            waiter = _waiter;
            _waiter = null;
        }

        KafkaLog.Failed(_logger, _sink, reason);
        waiter?.TrySetResult();
    }

    /// <summary>Makes librdkafka report everything under way as purged; does not wait for its threads, one of which may hang in a name look-up.</summary>
    private void Purge() => _ = LibRdKafka.rd_kafka_purge(
        _handle, LibRdKafka.RD_KAFKA_PURGE_F_QUEUE | LibRdKafka.RD_KAFKA_PURGE_F_INFLIGHT | LibRdKafka.RD_KAFKA_PURGE_F_NON_BLOCKING);

    /// <summary>Counts what never got a report, so that the sums hold whatever happened.</summary>
    private void CountAbandoned()
    {
        _outcomes.AddAbandoned(PendingEvents);
        Complete(Pending);
    }
}
