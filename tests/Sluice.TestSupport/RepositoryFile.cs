// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.TestSupport;

/// <summary>Finds files of the repository from the folder that a test runs in.</summary>
public static class RepositoryFile
{
    /// <summary>The absolute path of a file that is named from the repository's root.</summary>
    public static string PathOf(string path)
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Sluice.slnx")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return Path.Combine(directory ?? throw new DirectoryNotFoundException("No Sluice.slnx above the test."), path);
    }
}
