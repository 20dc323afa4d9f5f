// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Sluice.Benchmarks;

/// <summary>Runs the benchmarks; with <c>--output FILE</c> writes their figures as JSON, with <c>--quick</c> takes fewer measurements.</summary>
internal static class Program
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    private static int Main(string[] args)
    {
        IConfig config = CreateConfig(args.Contains("--quick"));
        var figures = new SortedDictionary<string, BenchmarkFigures>(StringComparer.Ordinal);
        foreach (Type type in new[] { typeof(DrainBenchmarks), typeof(EventBenchmarks) })
        {
            Summary summary = BenchmarkRunner.Run(type, config);
            foreach (BenchmarkReport report in summary.Reports)
            {
                if (report.ResultStatistics is null)
                {
                    Console.Error.WriteLine($"{report.BenchmarkCase.DisplayInfo} gave no result.");
                    return 1;
                }

                figures.Add(report.BenchmarkCase.Descriptor.WorkloadMethod.Name, BenchmarkFigures.From(report, summary));
            }
        }

        int output = Array.IndexOf(args, "--output");
        if (output >= 0 && output + 1 < args.Length)
        {
            File.WriteAllText(args[output + 1], JsonSerializer.Serialize(figures, s_json) + "\n");
        }

        return 0;
    }

    private static ManualConfig CreateConfig(bool quick)
    {
        // In-process: another process would have to be built by other rules than the repository's. The warm-up is long enough for the
        // drains, which run once an iteration, to reach the optimising compiler.
        Job job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(quick ? 40 : 60)
            .WithIterationCount(quick ? 15 : 40)
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(quick ? 50 : 100));
        return ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
    }
}
