// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Integration.Tests.Support;

/// <summary>Where things lie: the tests may be run from any directory.</summary>
internal static class Repository
{
    // The kernel suite runs where there is no repository, and needs only the paths below.
    private static readonly Lazy<string> s_root = new(FindRoot);

    public static string Root => s_root.Value;

    /// <summary>The program under test.</summary>
    public static string Sluice => Environment.GetEnvironmentVariable("SLUICE_BIN") ?? Path.Combine(Root, "artifacts", "sluice");

    public static string TlsLoad => Path.Combine(AppContext.BaseDirectory, "tls_load");

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Sluice.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not lie inside the repository.");
    }
}
