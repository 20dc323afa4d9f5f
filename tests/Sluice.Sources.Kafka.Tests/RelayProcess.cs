// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>A running <c>sluice relay</c> with a JSON Lines file and a ledger.</summary>
internal sealed class RelayProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly string _ledger;

    private RelayProcess(string file, string[] arguments)
    {
        EventFile = file;
        _ledger = file + ".ledger";
        var start = new ProcessStartInfo(FindExecutable(), ["relay", "--sink", "jsonl:" + file, "--ledger", _ledger, .. arguments])
        {
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("sluice did not start.");
        _error = _process.StandardError.ReadToEndAsync();
    }

    public string EventFile { get; }

    /// <summary>Sessions are short, so that the group notices a death soon.</summary>
    public static RelayProcess Start(string file, string from, string group, params string[] arguments) =>
        new(file, ["--from", from + "?config.session.timeout.ms=6000", "--group", group, .. arguments]);

    /// <summary>Whole lines that have reached the file by now.</summary>
    public IReadOnlyList<string> Lines() => LinesOf(EventFile);

    public static IReadOnlyList<string> LinesOf(string file)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        // Its writer may be at it, or have been killed in the middle of a line.
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        string text = reader.ReadToEnd();
        string[] lines = text.Split('\n');
        return lines[..^1];
    }

    public static string UidOf(string line)
    {
        const string name = "\"log.record.uid\":\"";
        int at = line.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return line.Substring(at, 32);
    }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Stops it as Ctrl-C does; exit code, what it said, and its final ledger, whose sums hold.</summary>
    public async Task<(int ExitCode, string Error, JsonElement Ledger)> StopAsync()
    {
        using (Process kill = Process.Start("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -INT {_process.Id}")]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync().WaitAsync(s_patience);
        JsonElement ledger = JsonDocument.Parse(await File.ReadAllTextAsync(_ledger)).RootElement;
        JsonElement sink = ledger.GetProperty("sinks").EnumerateObject().Single().Value;
        long outcomes = sink.GetProperty("delivered").GetInt64() + sink.GetProperty("rejected").GetInt64()
            + sink.GetProperty("dropped").EnumerateObject().Sum(static one => one.Value.GetInt64());
        Assert.Equal(ledger.GetProperty("submitted").GetInt64(), outcomes);
        Assert.Equal(0, sink.GetProperty("pending").GetInt64());
        return (_process.ExitCode, await _error, ledger);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>In the program's own output directory: only there its native libraries lie where its dependency file says.</summary>
    private static string FindExecutable()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        string output = RepositoryFile.PathOf(Path.Combine("src/Collector/Sluice.Collector/bin", framework.Parent!.Name, framework.Name));
        return Directory.EnumerateFiles(output, "sluice", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
    }
}
