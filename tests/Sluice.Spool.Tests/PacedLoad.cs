// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;

namespace Sluice.Spool.Tests;

/// <summary>Feeds numbered samples of 64 connections at a steady rate, and like a ring, never faster than the pipeline takes them.</summary>
internal sealed class PacedLoad
{
    private const int Connections = 64;
    private const int StepMs = 5;

    private readonly SampleIntake _intake;
    private readonly FedCounters _counters;
    private readonly int _perSecond;
    private readonly byte[][] _samples;
    private volatile bool _isStopped;

    public PacedLoad(SampleIntake intake, FedCounters counters, int perSecond)
    {
        _intake = intake;
        _counters = counters;
        _perSecond = perSecond;
        _samples = [.. Enumerable.Range(0, Connections).Select(static i => new TlsSample { Cpu = 0, ConnectionId = (ulong)i, Payload = new byte[128] }.Build())];
    }

    /// <summary>To be read when the load has ended.</summary>
    public long Sent { get; private set; }

    public void Stop() => _isStopped = true;

    public Task RunAsync(CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Run(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (!_isStopped && !cancellationToken.IsCancellationRequested)
        {
            long due = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * _perSecond);
            _counters.AddSubmitted(Math.Max(0, due - Sent));
            while (Sent < due)
            {
                byte[] sample = _samples[Sent % Connections];
                BinaryPrimitives.WriteUInt64LittleEndian(sample.AsSpan(32), (ulong)Sent);
                _intake.Append(sample);
                Sent++;
            }

            _intake.EndOfDrain();
            Thread.Sleep(StepMs);
        }
    }
}
