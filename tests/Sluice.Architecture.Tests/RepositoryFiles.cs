// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Sluice.Architecture.Tests;

/// <summary>The files of the repository as they lie on disk, without what builds leave behind.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] s_generated = ["bin", "obj", "artifacts", "BenchmarkDotNet.Artifacts", "TestResults"];

    /// <summary>The directory of the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder of the repository, by extension, as paths relative to <see cref="Root"/>.</summary>
    public static IReadOnlyList<string> Below(string folder, params string[] extensions) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
            .Where(path => extensions.Contains(Path.GetExtension(path)))
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(static path => !path.Split(Path.DirectorySeparatorChar).Any(s_generated.Contains))
            .Order(StringComparer.Ordinal)];

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static string FindRoot()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Sluice.slnx")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
