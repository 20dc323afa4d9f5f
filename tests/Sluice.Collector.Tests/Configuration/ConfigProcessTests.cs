// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading.Tasks;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Collector.Tests.Configuration;

/// <summary><c>sluice config check</c> and <c>sluice run</c> as processes, as far as they need no kernel.</summary>
public sealed class ConfigProcessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-config").FullName;

    private string Path => System.IO.Path.Combine(_directory, "sluice.yaml");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Check_Example_SaysInOneLineWhatItAsksFor()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("config", "check", RepositoryFile.PathOf("docs/examples/sluice.yaml"));

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Single(outcome.Output.TrimEnd().Split('\n'));
        Assert.Contains("ok; modules tls, connections; sinks jsonl:/tmp/sluice-events.jsonl, broker, raw:/tmp/sluice-recording.raw; filters 2 users.", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config", "check")]
    [InlineData("run", "--config")]
    public async Task File_WithMistakes_IsRefusedWithAllOfThem(string command, string word)
    {
        await File.WriteAllTextAsync(Path, "modules: [nope]\nlog-level: loud\nsinkz: []\n", TestContext.Current.CancellationToken);

        ProcessOutcome outcome = await SluiceProcess.RunAsync(command, word, Path);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(Path + ":1:11: modules: unknown module 'nope'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(Path + ":2:12: log-level 'loud'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(Path + ":3:1: sinkz: unknown key; did you mean sinks?", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("3 mistakes in '" + Path, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/file.yaml", "no such file")]
    [InlineData("/tmp", "this is a directory")]
    [InlineData("/dev/zero", "longer than")]
    public async Task File_ThatIsNone_IsRefusedByName(string path, string says)
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("config", "check", path);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains($"configuration '{path}'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutAConfiguration_SaysWhatIsMissing()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("run");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--config FILE", outcome.Error, StringComparison.Ordinal);
    }
}
