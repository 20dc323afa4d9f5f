// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;
using Sluice.Pipeline.Batching;

namespace Sluice.Collector.Hosting;

/// <summary>From the rings straight into the intake. A ring shard holds all of a connection, so the order is right as it is.</summary>
internal readonly struct IntakeHandler : ISampleHandler
{
    private readonly SampleIntake _intake;

    public IntakeHandler(SampleIntake intake) => _intake = intake;

    public void OnSample(int source, scoped ReadOnlySpan<byte> sample) => _intake.Append(sample);

    public void OnLost(int source, ulong count)
    {
        // The programs count every refusal themselves (lost_ring_full); counting the kernel's notice as well would count it twice.
    }

    public void OnBatchEnd() => _intake.EndOfDrain();
}
