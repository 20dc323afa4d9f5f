// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.TestSupport;

/// <summary>Asks the C compiler for numbers: it is the judge of what a C declaration means.</summary>
public static class CCompiler
{
    /// <summary>The values of integer expressions of C, after the given lines (includes).</summary>
    public static async Task<long[]> EvaluateAsync(string prologue, string[] expressions)
    {
        string? compiler = Find();
        Assert.SkipWhen(compiler is null, "Needs a C compiler (cc, gcc or clang).");
        string directory = Directory.CreateTempSubdirectory("sluice-layout-").FullName;
        try
        {
            string source = Path.Combine(directory, "print.c");
            string program = Path.Combine(directory, "print");
            string prints = string.Join('\n', expressions.Select(expression => $"\tprintf(\"%lld\\n\", (long long)({expression}));"));
            await File.WriteAllTextAsync(source, $"{prologue}\n#include <stdio.h>\n#include <stddef.h>\nint main(void)\n{{\n{prints}\n\treturn 0;\n}}\n");
            _ = await RunAsync(compiler!, ["-Wall", "-Wno-missing-braces", "-o", program, source]);
            string output = await RunAsync(program, []);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .SelectMany(directory => new[] { "cc", "gcc", "clang" }.Select(name => Path.Combine(directory, name)))
            .FirstOrDefault(File.Exists);

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} failed: {await errors}");
        return output;
    }
}
