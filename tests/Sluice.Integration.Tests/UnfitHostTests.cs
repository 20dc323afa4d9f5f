// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>Programs that the kernel does not get, or does not take: the user reads which and why, the exit code is 3, and nothing is left.</summary>
public sealed class UnfitHostTests
{
    private const ushort EM_AARCH64 = 183;

    // bpf_get_current_pid_tgid(), which every capture program calls, and a helper that no kernel has.
    private static ReadOnlySpan<byte> CallOfHelper => [0x85, 0, 0, 0, 14, 0, 0, 0];

    private static ReadOnlySpan<byte> CallOfNothing => [0x85, 0, 0, 0, 0x0f, 0x27, 0, 0];

    [Theory]
    [InlineData("corrupt", "tls", "Module tls (openssl_kern_core.o) could not be opened")]
    [InlineData("corrupt", "connections", "Module connections (connections_kern_core.o) could not be opened")]
    [InlineData("wrong machine", "tls", "Module tls (openssl_kern_core.o) could not be opened")]
    [InlineData("wrong machine", "connections", "Module connections (connections_kern_core.o) could not be opened")]
    [InlineData("no map", "tls", "has no map 'pid_filter'; it has:")]
    [InlineData("no map", "connections", "has no map 'pid_filter'; it has:")]
    [InlineData("no program", "tls", "has no program 'sluice_whoami'; it has:")]
    [InlineData("no program", "connections", "has no program 'sluice_whoami'; it has:")]
    [InlineData("no constant", "tls", "has no constant 'config'; it has:")]
    [InlineData("no constant", "connections", "has no constant 'config'; it has:")]
    [InlineData("no helper", "tls", "invalid func unknown#9999")]
    [InlineData("no helper", "connections", "invalid func unknown#9999")]
    public void Capture_WithABrokenObject_EndsWith3AndSaysWhat(string fault, string module, string says)
    {
        Requires.Bpf();
        string bpftool = Requires.Program("bpftool");
        using var workspace = new Workspace();
        ProgramCopy broken = Break(ProgramCopy.Make(workspace), fault);
        var before = KernelInventory.Read(bpftool);

        string error = Refused(workspace, broken.Executable, "capture", module, "--sink", "null:");

        Assert.Contains(says, error, StringComparison.Ordinal);
        AssertNothingLeft(bpftool, before);
    }

    [Fact]
    public void Capture_WithAHelperThatIsRefused_KeepsTheVerifiersLog()
    {
        Requires.Bpf();
        using var workspace = new Workspace();

        string error = Refused(workspace, Break(ProgramCopy.Make(workspace), "no helper").Executable, "capture", "tls", "--sink", "null:");

        string log = Assert.Single(Directory.GetFiles(workspace.Directory, "verifier-*.log", SearchOption.AllDirectories));
        Assert.Contains(log, error, StringComparison.Ordinal);
        Assert.Contains("invalid func unknown#9999", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void Capture_SecondModuleIsRefused_LeavesNothingOfTheFirst()
    {
        Requires.Bpf();
        string bpftool = Requires.Program("bpftool");
        using var workspace = new Workspace();
        ProgramCopy broken = ProgramCopy.Make(workspace).Rename("tcp_by_packet", "tcp_by_nobody");
        var before = KernelInventory.Read(bpftool);

        string error = Refused(workspace, broken.Executable, "capture", "tls", "connections", "--sink", "null:");

        Assert.Contains("'tcp_by_packet'", error, StringComparison.Ordinal);
        AssertNothingLeft(bpftool, before);
    }

    [Fact]
    public void Capture_WithTheBtfOfAnotherKernel_EndsWith3AndSaysSo()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string other = Path.Combine(Repository.Root, "artifacts", "bpf", "x86", "openssl_kern_core.o");

        string error = Refused(workspace, Repository.Sluice, "capture", "tls", "--sink", "null:", "--btf-file", other);

        Assert.Contains($"--btf-file {other} is of another kernel", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bpf", "CAP_BPF")]
    [InlineData("perfmon", "CAP_PERFMON")]
    public void Capture_WithoutOneCapability_EndsWith3AndNamesIt(string lacking, string name)
    {
        Requires.Bpf();
        string setpriv = Requires.Program("setpriv");
        using var workspace = new Workspace();

        string error = Refused(workspace, setpriv, $"--bounding-set=-{lacking},-sys_admin", $"--inh-caps=-{lacking},-sys_admin", Repository.Sluice, "capture", "tls", "--sink", "null:");

        Assert.Contains("Not privileged enough", error, StringComparison.Ordinal);
        Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Capture_OnlyTracepointsLeftAndNoTracefs_EndsWith3AndSaysHowToMountIt()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        const string Script = "umount -l /sys/kernel/tracing /sys/kernel/debug/tracing /sys/kernel/debug 2>/dev/null; exec \"$0\" \"$@\"";

        string error = Refused(
            workspace, "env", "SLUICE_WITHOUT=fentry,kprobe,raw_tp", "unshare", "-m", "sh", "-c", Script, Repository.Sluice, "capture", "connections", "--sink", "null:");

        Assert.Contains("tracefs is not mounted", error, StringComparison.Ordinal);
        Assert.Contains("mount -t tracefs tracefs /sys/kernel/tracing", error, StringComparison.Ordinal);
    }

    private static ProgramCopy Break(ProgramCopy program, string fault) => fault switch
    {
        "corrupt" => program.Replace("\u007fELF\u0002\u0001"u8, "\u007fELF\u0007\u0007"u8),
        "wrong machine" => program.ChangeMachine(EM_AARCH64),
        "no map" => program.Rename("pid_filter", "xid_filter"),
        "no program" => program.Rename("sluice_whoami", "sluice_whoare"),
        "no constant" => program.Rename("config", "xonfig"),
        "no helper" => program.Replace(CallOfHelper, CallOfNothing),
        _ => throw new ArgumentException(fault, nameof(fault)),
    };

    /// <summary>Runs what must end with 3, in lines for people, and gives these lines.</summary>
    private static string Refused(Workspace workspace, string program, params string[] arguments)
    {
        using Command command = Command.StartWith("XDG_STATE_HOME", workspace.PathOf("state"), program, arguments);
        (int code, string output, string error) = command.Wait();
        Assert.True(code == 3, $"{code}: {error}");
        Assert.Empty(output);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.All(error.TrimEnd('\n').Split('\n').Where(line => !line.Contains(" warn ", StringComparison.Ordinal)), line => Assert.StartsWith("sluice: ", line, StringComparison.Ordinal));
        return error;
    }

    private static void AssertNothingLeft(string bpftool, KernelInventory before)
    {
        HashSet<string> own = ["prog tls_enter", "prog tls_leave", "prog thread_exit", "prog tcp_by_packet", "prog sluice_whoami", "map pid_filter", "map tcp_connections", "map sluice_ring"];
        IReadOnlyList<string> left = [];
        Command.WaitUntil(() => (left = KernelInventory.Read(bpftool).LeftSince(before, own)).Count == 0, "The kernel to be empty of ours again");
    }
}
