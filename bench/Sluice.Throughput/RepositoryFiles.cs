// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Throughput;

/// <summary>Finds what <c>make build</c> and bench/run.sh leave under <c>artifacts</c>, from wherever this program was built to.</summary>
internal static class RepositoryFiles
{
    public static string Artifacts { get; } = FindArtifacts();

    private static string FindArtifacts()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
            {
                return Path.Combine(folder.FullName, "artifacts");
            }
        }

        throw new FileNotFoundException($"No Sluice.slnx above {AppContext.BaseDirectory}: this program runs inside the repository.");
    }
}
