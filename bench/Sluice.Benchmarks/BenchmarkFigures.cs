// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using BenchmarkDotNet.Reports;

namespace Sluice.Benchmarks;

/// <summary>What is kept of a benchmark.</summary>
/// <param name="MeanNs">Mean of an operation.</param>
/// <param name="MedianNs">Median of an operation.</param>
/// <param name="ErrorNs">Half of the 99.9 % confidence interval.</param>
/// <param name="AllocatedBytes">Managed bytes allocated by an operation.</param>
/// <param name="Ratio">Of the median to the baseline's in the same run; null where there is none.</param>
internal sealed record BenchmarkFigures(double MeanNs, double MedianNs, double ErrorNs, double AllocatedBytes, double? Ratio)
{
    public static BenchmarkFigures From(BenchmarkReport report, Summary summary)
    {
        BenchmarkReport? baseline = summary.Reports.FirstOrDefault(static other => other.BenchmarkCase.Descriptor.Baseline);
        double median = report.ResultStatistics!.Median;
        return new BenchmarkFigures(
            report.ResultStatistics.Mean,
            median,
            report.ResultStatistics.ConfidenceInterval.Margin,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? throw new InvalidOperationException("No memory diagnoser."),
            median / baseline?.ResultStatistics?.Median);
    }
}
