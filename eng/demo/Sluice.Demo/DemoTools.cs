// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;

namespace Sluice.Demo;

/// <summary>The programs that the demo runs.</summary>
/// <param name="Sluice">The collector that `make build` left.</param>
/// <param name="Kcat">Another Kafka client; null when the host has none.</param>
internal sealed record DemoTools(string Sluice, string OpenSsl, string Curl, string Python, string? Kcat)
{
    /// <exception cref="DemoException">One of them is missing.</exception>
    public static DemoTools Locate()
    {
        string sluice = Path.Combine(FindRepository(), "artifacts", "sluice");
        if (!File.Exists(sluice))
        {
            throw new DemoException($"{sluice} does not exist; run `make build` first.");
        }

        return new DemoTools(sluice, Require("openssl"), Require("curl"), Require("python3"), Find("kcat"));
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DemoException($"{AppContext.BaseDirectory} lies outside of the repository; run the demo with `make demo`.");
    }

    private static string Require(string program) =>
        Find(program) ?? throw new DemoException($"'{program}' is not in PATH; run `make setup`.");

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
