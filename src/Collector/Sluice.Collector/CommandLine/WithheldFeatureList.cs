// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Probes;

namespace Sluice.Collector.CommandLine;

/// <summary>The environment variable <c>SLUICE_WITHOUT</c>: features to do without, separated by commas. For tests and for finding out whether a feature is to blame.</summary>
internal static class WithheldFeatureList
{
    private const string Variable = "SLUICE_WITHOUT";

    /// <exception cref="UsageException">The variable names something unknown.</exception>
    public static WithheldFeatures Read()
    {
        WithheldFeatures withheld = WithheldFeatures.None;
        foreach (string name in (Environment.GetEnvironmentVariable(Variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            withheld |= WithheldFeatureNames.TryParse(name, out WithheldFeatures feature)
                ? feature
                : throw new UsageException($"{Variable}: '{name}' is unknown; it takes {string.Join(", ", WithheldFeatureNames.All)}.");
        }

        return withheld;
    }
}
