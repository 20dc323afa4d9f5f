// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace Sluice.Architecture.Tests;

/// <summary>A YAML file of the repository, read by Python's parser.</summary>
internal static class YamlFile
{
    private const string Python = "/usr/bin/python3";

    // A key that stands twice is a mistake that the parser would pass over.
    private const string Script = """
        import json, sys, yaml
        class Strict(yaml.SafeLoader):
            pass
        def mapping(loader, node):
            keys = [loader.construct_object(key) for key, _ in node.value]
            assert len(keys) == len(set(keys)), f'a key stands twice: {keys}'
            return dict((loader.construct_object(key, deep=True), loader.construct_object(value, deep=True)) for key, value in node.value)
        Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
        print(json.dumps(list(yaml.load_all(open(sys.argv[1]), Strict))))
        """;

    /// <summary>The documents in it. Skips the test where the parser is not installed.</summary>
    public static IReadOnlyList<JsonElement> Read(string relativePath)
    {
        Assert.SkipUnless(File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/yaml"), "Needs Debian's python3-yaml; make setup installs it.");
        var start = new ProcessStartInfo(Python, ["-c", Script, Path.Combine(RepositoryFiles.Root, relativePath)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process python = Process.Start(start)!;
        string output = python.StandardOutput.ReadToEnd();
        string error = python.StandardError.ReadToEnd();
        python.WaitForExit();
        Assert.True(python.ExitCode == 0, error);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
    }

    /// <summary>Follows names and indexes, such as <c>spec.template.0</c>.</summary>
    public static JsonElement At(this JsonElement element, string path) => path.Split('.').Aggregate(
        element, static (at, step) => at.ValueKind == JsonValueKind.Array ? at[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : at.GetProperty(step));

    /// <summary>The texts of a list.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement list) => [.. list.EnumerateArray().Select(static item => item.GetString()!)];

    /// <summary>The names of a mapping's keys.</summary>
    public static IReadOnlyList<string> Keys(this JsonElement mapping) => [.. mapping.EnumerateObject().Select(static property => property.Name)];
}
