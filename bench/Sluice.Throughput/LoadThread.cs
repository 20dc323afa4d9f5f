// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;

namespace Sluice.Throughput;

/// <summary>
/// The thread that runs the generator, pinned to one CPU: at a fixed rate, in small batches every quarter of a millisecond; or,
/// with rate 0, as fast as the reader follows, at most half a buffer ahead of it. A warm-up at a fraction of the rate goes first.
/// </summary>
internal sealed class LoadThread
{
    // Short enough that batches look like a stream to a reader that polls every 2 ms, long enough that the system call does not count.
    private const uint PauseMicroseconds = 250;

    // A run of the generator holds up its CPU; at some 0.3 µs a sample this is half a millisecond.
    private const int MaxRun = 2048;

    private readonly Generator _generator;
    private readonly ThroughputOptions _options;
    private readonly ReadProgress _progress;
    private readonly long _maxAhead;
    private readonly Thread _thread;
    private Exception? _failure;

    public LoadThread(Generator generator, ThroughputOptions options, ReadProgress progress)
    {
        _generator = generator;
        _options = options;
        _progress = progress;
        _maxAhead = options.BufferBytes / 2 / options.SampleBytesInBuffer;
        _thread = new Thread(Run) { Name = "generator", IsBackground = true };
    }

    /// <summary>All samples that were made, lost ones included. This and the following: read them after <see cref="Join"/>.</summary>
    public long Submitted { get; private set; }

    /// <summary>All samples that had room.</summary>
    public long Sent { get; private set; }

    /// <summary>Samples made after the warm-up, lost ones included.</summary>
    public long Measured { get; private set; }

    /// <summary>How long the load lasted after the warm-up.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>CPU time of this thread after the warm-up, the BPF program's included.</summary>
    public TimeSpan CpuTime { get; private set; }

    public void Start() => _thread.Start();

    /// <summary>Waits for the end of the load.</summary>
    public void Join()
    {
        _thread.Join();
        if (_failure is not null)
        {
            throw new InvalidOperationException("The generator failed.", _failure);
        }
    }

    private void Run()
    {
        try
        {
            // The last CPU: device interrupts mostly go to the first.
            ThreadPlacement.PinTo(Environment.ProcessorCount - 1);
            int gentle = _options.Rate == 0 ? 0 : Math.Max(1, _options.Rate / ThroughputOptions.WarmUpShare);
            MakeLoad(gentle, ThroughputOptions.WarmUp);
            TimeSpan cpuBefore = ThreadPlacement.CpuTime();
            long before = Submitted;
            Elapsed = MakeLoad(_options.Rate, _options.Duration);
            Measured = Submitted - before;
            CpuTime = ThreadPlacement.CpuTime() - cpuBefore;
        }
        catch (Exception e)
        {
            _failure = e; // thrown on by Join
        }
    }

    private TimeSpan MakeLoad(int rate, TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        long before = Submitted;
        TimeSpan elapsed;
        while ((elapsed = Stopwatch.GetElapsedTime(start)) < duration)
        {
            long due = rate > 0 ? (long)(elapsed.TotalSeconds * rate) - (Submitted - before) : RoomAhead();
            int count = (int)Math.Min(due, MaxRun);
            if (count > 0)
            {
                Sent += _generator.EmitSamples(Submitted, count, _options.PayloadBytes, _options.Connections);
                Submitted += count;
            }

            if (count < MaxRun)
            {
                ThreadPlacement.Sleep(PauseMicroseconds);
            }
        }

        return elapsed;
    }

    private long RoomAhead() => _options.Overrun ? MaxRun : _maxAhead - (Sent - _progress.Published);
}
