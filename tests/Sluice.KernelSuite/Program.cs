// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Sluice.KernelSuite;

/// <summary>
/// Runs Sluice on the kernel it finds itself on and says what works: every bytecode variant, every kind of probe, real captures. Exit code 0 when
/// nothing failed, 1 when something did, 2 for a wrong option.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        SuiteOptions options;
        try
        {
            options = SuiteOptions.Parse(arguments);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine("kernel suite: " + e.Message);
            return 2;
        }

        // The support files of the integration tests find the program by this.
        Environment.SetEnvironmentVariable("SLUICE_BIN", options.Sluice);
        RunningKernel kernel = RunningKernel.Read();
        List<StepResult> results = [];
        using TextWriter? report = options.ReportPath switch
        {
            null => null,
            "-" => Console.Out,
            string path => new StreamWriter(path) { AutoFlush = true },
        };
        using SuiteSetting setting = new(options, kernel);
        foreach (Step step in SuiteSteps.All(setting).Where(options.Includes))
        {
            StepResult result = Try(kernel, step);
            results.Add(result);
            report?.WriteLine(JsonSerializer.Serialize(result, ReportJson.Default.StepResult));
            Console.WriteLine($"{Word(result.Result),-8} {step.Name} ({result.Seconds:F1} s) {result.Detail}");
        }

        Console.WriteLine($"{kernel.Release}: {Count(results, Outcome.Pass)} passed, {Count(results, Outcome.Fail)} failed, {Count(results, Outcome.Lacking)} lacking");
        return results.Count == 0 || Count(results, Outcome.Fail) > 0 ? 1 : 0;
    }

    private static StepResult Try(RunningKernel kernel, Step step)
    {
        var clock = Stopwatch.StartNew();
        Outcome outcome = Outcome.Pass;
        string detail;
        try
        {
            detail = step.Run();
        }
        // Whatever goes wrong in a step belongs into the report, and the next step is tried all the same.
        catch (Exception e)
        {
            string? reason = step.Needs.Select(kernel.ReasonToLack).FirstOrDefault(text => text is not null);
            outcome = reason is null ? Outcome.Fail : Outcome.Lacking;
            detail = reason is null ? OneLine(e.ToString()) : reason + "; it said: " + OneLine(e.Message);
        }

        return new StepResult(kernel.Release, step.Area, step.Variant, step.Subject, outcome, detail, Math.Round(clock.Elapsed.TotalSeconds, 1));
    }

    private static string OneLine(string text) => string.Join(" | ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(12));

    private static string Word(Outcome outcome) => outcome switch { Outcome.Pass => "ok", Outcome.Fail => "FAILED", _ => "lacking" };

    private static int Count(List<StepResult> results, Outcome outcome) => results.Count(result => result.Result == outcome);
}
