// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Architecture.Tests;

/// <summary>Who may know whom (DESIGN §1). A project that is not listed here fails the tests until somebody has decided where it belongs.</summary>
internal static class LayerRules
{
    public const string Bpf = "Sluice.Bpf";
    public const string Pipeline = "Sluice.Pipeline";
    public const string Spool = "Sluice.Spool";
    public const string Probes = "Sluice.Probes";
    public const string Collector = "Sluice.Collector";
    public const string KafkaSink = "Sluice.Sinks.Kafka";
    public const string KafkaSource = "Sluice.Sources.Kafka";
    public const string SinkPrefix = "Sluice.Sinks.";
    public const string SourcePrefix = "Sluice.Sources.";

    /// <summary>The assembly of the composition root is named after the program.</summary>
    public const string CollectorAssembly = "sluice";

    /// <summary>Projects that <paramref name="project"/> may reference.</summary>
    public static IReadOnlyList<string> AllowedProjects(string project) => project switch
    {
        Bpf or Pipeline => [],
        Probes => [Bpf, Pipeline],
        Spool => [Pipeline],
        _ when project.StartsWith(SinkPrefix, StringComparison.Ordinal) || project.StartsWith(SourcePrefix, StringComparison.Ordinal) => [Pipeline],
        _ => throw new ArgumentException($"No rule for the project '{project}': add one.", nameof(project)),
    };

    /// <summary>True for packages that everything above <see cref="Bpf"/> may use: contracts without behaviour.</summary>
    public static bool IsAbstraction(string package) =>
        package.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && package.EndsWith(".Abstractions", StringComparison.Ordinal);

    /// <summary>Client packages that a project may use besides.</summary>
    public static IReadOnlyList<string> AllowedPackages(string project) => project switch
    {
        Spool => ["Microsoft.Data.Sqlite", "SQLitePCLRaw.core"],
        KafkaSink or KafkaSource => ["Confluent.Kafka", "librdkafka.redist"],
        _ => [],
    };
}
