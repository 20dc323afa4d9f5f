// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.Collector.Tests;

/// <summary>The program as a process: exit codes, and that mistakes of the user end in lines for people.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("", "no command given")]
    [InlineData("catch", "unknown command 'catch'")]
    [InlineData("run --config /no/such.yaml", "/no/such.yaml")]
    [InlineData("replay /no/such.raw", "/no/such.raw")]
    [InlineData("replay", "no recording given")]
    [InlineData("relay", "no source given")]
    [InlineData("relay --from kafka://h/t", "no consumer group given")]
    [InlineData("relay --from kafka://h --group g", "it needs a topic")]
    [InlineData("relay --from jsonl:/tmp/x --group g", "unknown kind of source 'jsonl'")]
    [InlineData("relay --from kafka://h/t?config.group.id=x --group g", "the group is --group")]
    [InlineData("relay --from kafka://h:1,k:1/t --group g --sink kafka://k:1/t", "would go round for ever")]
    [InlineData("relay --from kafka://h:1?topic=^tls.* --group g --sink kafka://h:1/{event}", "would go round for ever")]
    [InlineData("relay --from kafka://h/t --group g --pid 1", "unknown option '--pid'")]
    [InlineData("--nope", "unknown option '--nope'")]
    [InlineData("capture", "no module given")]
    [InlineData("capture nope", "unknown module 'nope'")]
    [InlineData("capture bash", "not available in this version")]
    [InlineData("capture tls --nope", "unknown option '--nope'")]
    [InlineData("capture tls --pid 4194303", "--pid '4194303'")]
    [InlineData("capture tls --sink nope:x", "unknown kind of sink 'nope'")]
    [InlineData("capture tls --sink nope", "not a sink URI")]
    [InlineData("capture tls --sink jsonl:/tmp/x?nope=1", "unknown option 'nope'")]
    [InlineData("capture tls --sink null:x", "null:")]
    [InlineData("capture tls --sink kafka://host", "needs brokers and a topic")]
    [InlineData("capture tls --sink kafka://h:99999/t", "'h:99999' is no broker")]
    [InlineData("capture tls --sink kafka://h:1/t?config.nope=1", "nope")]
    [InlineData("capture tls --lib /no/such/libssl.so", "no such file")]
    [InlineData("doctor nope", "unknown argument 'nope'")]
    public async Task Program_WithBadUsage_SaysSoInOneLineAndEndsWith2(string line, string says)
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        string[] lines = outcome.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("sluice: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(says, lines[0], StringComparison.Ordinal);
        Assert.Matches("^sluice: Try: sluice( capture| doctor| replay| run| relay)? --help$", lines[1]);
    }

    [Fact]
    public async Task Program_AskedForItsVersion_PrintsNameAndNumber()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("--version");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches(@"^sluice \d+\.\d+\.\d+\n$", outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Help_OfCapture_ListsEveryOption()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("capture", "--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.All(
            [
                "--sink", "--pid", "--uid", "--cgroup", "--lib", "--btf", "--btf-file", "--mapsize", "--transport", "--mode", "--hex", "--payload-limit",
                "--udp-idle", "--ledger", "--ready-file", "--duration", "--max-events", "--drain-timeout", "--log-level",
            ],
            option => Assert.Contains(option + " ", outcome.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_OfTheProgram_ListsItsCommands()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("--help");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("capture", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("doctor", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capture_WithoutPrivilege_EndsWith3AndSaysWhatToDo()
    {
        SkipUnlessRoot();

        ProcessOutcome outcome = await SluiceProcess.RunUnprivilegedAsync("capture", "tls", "--sink", "null:");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains("CAP_BPF", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("root", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capture_OfAPidInsideAPidNamespace_EndsWith3AndSaysWhy()
    {
        SkipUnlessRoot();

        ProcessOutcome outcome = await SluiceProcess.RunInPidNamespaceAsync("capture", "tls", "--sink", "null:", "--pid", "1");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("--pid needs the host's PID namespace", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_WithoutPrivilege_EndsWith3AndNamesWhatIsMissing()
    {
        SkipUnlessRoot();

        ProcessOutcome outcome = await SluiceProcess.RunUnprivilegedAsync("doctor");

        Assert.Equal(3, outcome.ExitCode);
        Assert.Contains("does not work here", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("CAP_BPF", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("CAP_PERFMON", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_AsJson_AgreesWithItsExitCode()
    {
        ProcessOutcome outcome = await SluiceProcess.RunAsync("doctor", "--json");
        using JsonDocument report = JsonDocument.Parse(outcome.Output);
        JsonElement root = report.RootElement;

        bool works = root.GetProperty("works").GetBoolean();
        Assert.Equal(works ? 0 : 3, outcome.ExitCode);
        Assert.Equal(works, root.GetProperty("obstacles").GetArrayLength() == 0);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), root.GetProperty("host").GetProperty("kernel").GetString());
        Assert.Equal(File.Exists("/sys/kernel/btf/vmlinux"), root.GetProperty("features").GetProperty("btf").GetProperty("available").GetBoolean());
    }

    private static void SkipUnlessRoot() =>
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Privileges can be dropped only by root.");
}
