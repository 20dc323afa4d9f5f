// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace Sluice.TestSupport;

/// <summary>Reads Prometheus' text format with the parser of Prometheus' own client for Python, which knows nothing of our writer.</summary>
public static class PrometheusReader
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families = list(text_string_to_metric_families(sys.stdin.read()))
        names = [family.name for family in families]
        assert len(names) == len(set(names)), names
        print(json.dumps([[family.name, family.type, family.documentation, [[s.name, s.labels, repr(s.value)] for s in family.samples]] for family in families]))
        """;

    /// <summary>Skips the test where that client is not installed.</summary>
    public static void Require() => Assert.SkipUnless(
        File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/prometheus_client"), "Needs Debian's python3-prometheus-client; make setup installs it.");

    /// <summary>The series by name and label values (without the meter's), such as <c>sluice_sink_dropped_total/a/queue_full</c>; fails when the text is none.</summary>
    public static IReadOnlyDictionary<string, double> Read(string text)
    {
        var series = new Dictionary<string, double>();
        foreach (JsonElement family in Parse(text).EnumerateArray())
        {
            foreach (JsonElement sample in family[3].EnumerateArray())
            {
                IEnumerable<string> labels = sample[1].EnumerateObject().Where(static label => label.Name != "otel_scope_name").Select(static label => label.Value.GetString()!);
                series.Add(string.Join('/', labels.Prepend(sample[0].GetString()!)), Number(sample[2].GetString()!));
            }
        }

        return series;
    }

    /// <summary>Families as name, type and help.</summary>
    public static IReadOnlyList<(string Name, string Kind, string Help)> Families(string text) =>
        [.. Parse(text).EnumerateArray().Select(static family => (family[0].GetString()!, family[1].GetString()!, family[2].GetString()!))];

    private static JsonElement Parse(string text)
    {
        var start = new ProcessStartInfo(Python, ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        python.StandardInput.Write(text);
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd();
        string error = python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, error + text);
        return JsonDocument.Parse(output).RootElement;
    }

    private static double Number(string text) => text switch
    {
        "inf" => double.PositiveInfinity,
        "nan" => double.NaN,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}
