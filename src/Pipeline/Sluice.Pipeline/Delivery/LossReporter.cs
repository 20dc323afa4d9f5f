// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Timing;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Says in the stream itself what the kernel lost: one <c>capture.loss</c> sample for each cause that grew since its last report.
/// One thread at a time.
/// </summary>
internal sealed class LossReporter
{
    /// <summary>No CPU has this number: it marks samples made in user space, whose sequence is their own.</summary>
    private const ushort SynthesizedCpu = 0xFFFF;

    private readonly SampleIntake _intake;
    private readonly LossLedger _ledger;
    private readonly KtimeClock _clock;
    private readonly long[] _reported = new long[KernelCounts.CauseCount];
    private ulong _sequence;

    /// <param name="intake">The reporter's own intake, without a limit: reports are not what --max-events counts.</param>
    /// <param name="ledger">The ledger whose kernel counters are watched.</param>
    /// <param name="clock">Gives the reports' time.</param>
    public LossReporter(SampleIntake intake, LossLedger ledger, KtimeClock clock)
    {
        _intake = intake;
        _ledger = ledger;
        _clock = clock;
    }

    /// <summary>
    /// Reports what was lost since the last call. Never waits: while the sinks have not taken the last report, the loss is left for the next one.
    /// </summary>
    public void Report()
    {
        if (_intake.HasParked)
        {
            return;
        }

        KernelCounts counts = _ledger.ReadKernel();
        for (int cause = 0; cause < KernelCounts.CauseCount; cause++)
        {
            long total = counts.Lost((KernelLossCause)cause);
            if (total > _reported[cause])
            {
                Append((KernelLossCause)cause, total - _reported[cause], total);
                _reported[cause] = total;
            }
        }

        _intake.EndOfDrain();
    }

    private void Append(KernelLossCause cause, long lost, long total)
    {
        var report = new CaptureLossHeader
        {
            Header =
            {
                Kind = EventKind.CaptureLoss,
                Size = CaptureLossHeader.SizeInBytes,
                KtimeNs = (ulong)_clock.KtimeNs,
                Tgid = (uint)Environment.ProcessId,
                Tid = (uint)Environment.ProcessId,
                Cpu = SynthesizedCpu,
                CpuSequence = _sequence++,
            },
            Lost = (ulong)lost,
            Total = (ulong)total,
        };
        "sluice"u8.CopyTo(report.Header.Comm);
        System.Text.Encoding.ASCII.GetBytes(KernelCounts.CauseName(cause), report.Cause);
        _ledger.CountSynthesized(1);
        _intake.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<CaptureLossHeader>(in report)));
    }
}
