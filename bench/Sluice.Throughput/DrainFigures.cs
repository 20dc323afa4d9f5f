// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Throughput;

/// <summary>Our drain beside libbpf's; medians over all rounds.</summary>
internal sealed record DrainFigures(
    string Transport,
    int Rounds,
    int RecordsPerRound,
    double CRecordsPerSecond,
    double ManagedRecordsPerSecond,
    double Ratio,
    double AllocatedBytesPerRecord);
