// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Bpf.Features;
using Xunit;

namespace Sluice.Collector.Tests;

/// <summary>The life of a capture as a process: ready, stopped, accounted for. What it captures is for the integration tests.</summary>
public sealed class CaptureProcessTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-test").FullName;

    private string ReadyPath => Path.Combine(_directory, "ready");

    private string LedgerPath => Path.Combine(_directory, "ledger.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Capture_OnASignal_EndsWith0AndAFinalLedger(string signal)
    {
        SkipUnlessCapable();
        Task<ProcessOutcome> run = SluiceProcess.RunAsync(
            "capture", "tls", "--sink", "null:", "--ready-file", ReadyPath, "--ledger", LedgerPath);
        int pid = await WaitUntilReadyAsync(run);

        // The shell's own kill: the program of that name is not on every machine.
        using (Process kill = Process.Start("sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {pid}")]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        ProcessOutcome outcome = await run;
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("SIG" + signal, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("submitted ", outcome.Error, StringComparison.Ordinal);
        Assert.True(ReadLedger().GetProperty("final").GetBoolean());
        Assert.False(File.Exists(ReadyPath));
    }

    [Fact]
    public async Task Capture_WithADuration_EndsByItself()
    {
        SkipUnlessCapable();

        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "null:", "--transport", "perf", "--duration", "100ms", "--ledger", LedgerPath);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("--duration", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, ReadLedger().GetProperty("in_flight").GetInt64());
    }

    [Fact]
    public async Task Capture_OfAFileThatIsNoLibrary_EndsWith3AndNamesIt()
    {
        SkipUnlessCapable();
        string path = Path.Combine(_directory, "libssl.so");
        await File.WriteAllTextAsync(path, "not ELF", TestContext.Current.CancellationToken);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "null:", "--lib", path);

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains(path, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capture_IntoADirectoryThatIsMissing_EndsWith2AndNamesIt()
    {
        SkipUnlessCapable();

        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "jsonl:/no/such/dir/file.jsonl");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("/no/such/dir", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capture_IntoABrokerThatIsDown_EndsWith1AndNamesIt()
    {
        SkipUnlessCapable();

        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "tls", "--sink", "kafka://127.0.0.1:1/topic");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("127.0.0.1:1", outcome.Error, StringComparison.Ordinal);
    }

    private static void SkipUnlessCapable()
    {
        HostEnvironment host = HostEnvironment.Read();
        Assert.SkipUnless(host.ObstaclesToTlsCapture().Count == 0, "Missing: " + string.Join("; ", host.ObstaclesToTlsCapture()));
        Assert.SkipUnless(File.Exists(KernelFeatures.KernelBtfPath), "Missing: " + KernelFeatures.KernelBtfPath);
    }

    private async Task<int> WaitUntilReadyAsync(Task<ProcessOutcome> run)
    {
        long started = Stopwatch.GetTimestamp();
        while (!File.Exists(ReadyPath))
        {
            Assert.False(run.IsCompleted, run.IsCompleted ? (await run).Error : string.Empty);
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, "The capture did not become ready.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        using JsonDocument ready = JsonDocument.Parse(await File.ReadAllTextAsync(ReadyPath, CancellationToken.None));
        return ready.RootElement.GetProperty("pid").GetInt32();
    }

    private JsonElement ReadLedger()
    {
        using JsonDocument ledger = JsonDocument.Parse(File.ReadAllText(LedgerPath));
        return ledger.RootElement.Clone();
    }
}
