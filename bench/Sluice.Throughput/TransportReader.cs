// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Bpf;
using Sluice.Pipeline.Batching;

namespace Sluice.Throughput;

/// <summary>The product's reader of the chosen transport on a thread of its own.</summary>
internal sealed class TransportReader : IDisposable
{
    private readonly RingbufReader? _ring;
    private readonly PerfReader? _perf;
    private readonly MappedMemory? _control;
    private readonly Thread _thread;
    private Exception? _failure;

    public TransportReader(Generator generator, ThroughputOptions options, ISampleConsumer consumer, ReadProgress progress)
    {
        if (options.UsePerf)
        {
            _perf = new PerfReader(generator.PerfArray, options.PerfPagesPerCpu, ReaderOptions.Default);
        }
        else
        {
            _control = generator.Control.Map();
            _ring = new RingbufReader(generator.Shards, ReaderOptions.Default, _control);
        }

        _thread = new Thread(() => Run(new IntakeHandler(consumer, progress))) { Name = "reader", IsBackground = true };
    }

    public void Start() => _thread.Start();

    /// <summary>Returns when all that the buffers held has been handed over.</summary>
    public void StopAndJoin()
    {
        _ring?.Stop();
        _perf?.Stop();
        _thread.Join();
        if (_failure is not null)
        {
            throw new InvalidOperationException("The reader failed.", _failure);
        }
    }

    public void Dispose()
    {
        _ring?.Dispose();
        _perf?.Dispose();
        _control?.Dispose();
    }

    private void Run(IntakeHandler handler)
    {
        // As the collector does; where it may not, the figures are those of a collector that may not either.
        _ = ReaderPriority.TryRaise();
        try
        {
            _ring?.Run(ref handler);
            _perf?.Run(ref handler);
        }
        catch (Exception e)
        {
            _failure = e; // thrown on by StopAndJoin
        }
    }
}
