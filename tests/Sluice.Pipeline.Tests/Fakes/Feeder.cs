// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Plays the kernel and a reader: numbers samples, counts them as submitted and feeds them to an intake.</summary>
internal sealed class Feeder
{
    private readonly ISampleConsumer _intake;
    private readonly FedCounters _counters;
    private readonly byte[] _sample;

    public Feeder(ISampleConsumer intake, FedCounters counters, int payloadBytes = 256, uint cpu = 0)
    {
        _intake = intake;
        _counters = counters;
        Next = (ulong)cpu << 40;
        _sample = new TlsSample { Cpu = (ushort)cpu, ConnectionId = cpu, Payload = new byte[payloadBytes] }.Build();
    }

    /// <summary>The number of the next sample; the feeder of each CPU has numbers of its own.</summary>
    public ulong Next { get; private set; }

    public void Feed(int count, int drainEvery = 100)
    {
        _counters.AddSubmitted(count);
        for (int i = 1; i <= count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_sample.AsSpan(32), Next++);
            _intake.Append(_sample);
            if (i % drainEvery == 0)
            {
                _intake.EndOfDrain();
            }
        }

        _intake.EndOfDrain();
    }
}
