// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Sluice.Bpf;
using Sluice.Pipeline.Wire;
using Sluice.Probes.Targets;
using Sluice.Probes.Tests.Elf;
using Xunit;

namespace Sluice.Probes.Tests.Targets;

/// <summary>Discovery on the real <c>/proc</c>, with processes of our own.</summary>
public sealed class TargetDiscoveryTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<TargetDiscovery> _discoveries = [];

    private static string Libssl => TestHost.FindLibrary("libssl.so.3");

    public void Dispose()
    {
        _discoveries.ForEach(static discovery => discovery.Dispose());
        _directory.Dispose();
    }

    [Fact]
    public void Scan_ProcessWithTheSystemLibrary_FindsItByItsPlainPathWithVersionAndLayout()
    {
        using var process = new HeldProcess();

        FoundTarget found = Assert.Single(ScanProcess(process).Found);

        Assert.Equal(1, found.ProcessCount);
        Assert.Equal(TlsLibrary.OpenSsl, found.Target.Identity.Library);
        Assert.False(found.Target.Identity.IsStatic);
        Assert.Contains($" {found.Target.Identity.Version} ", TestHost.Run("openssl", "version"), StringComparison.Ordinal);
        Assert.NotNull(found.Target.Layout);
        AssertLeadsTo(found.Target, Libssl);
        Assert.True(HostFile.TryGetStatus(found.Target.DisplayPath, out FileStatus shown));
        Assert.Equal(found.Target.Key.Inode, shown.Inode);
        Assert.Empty(found.Target.Symbols.Missing);
    }

    [Fact]
    public void Scan_CopyOfTheLibrary_IsATargetOfItsOwn()
    {
        string copy = _directory.Copy(Libssl);
        using var process = new HeldProcess(_directory.Path);
        using var discovery = new TargetDiscovery(new TargetSelection());

        TargetScan scan = discovery.Scan();

        FoundTarget found = Assert.Single(scan.Found, found => found.Target.DisplayPath == copy);
        FoundTarget system = Assert.Single(scan.Found, found => IsFile(found.Target.Key, Libssl));
        Assert.Equal((1, false), (found.ProcessCount, found.IsStanding));
        Assert.True(system.IsStanding);
        Assert.Equal(system.Target.Identity, found.Target.Identity);
    }

    [Fact]
    public void Scan_DeletedLibrary_IsHeldOpenAndFoundAgain()
    {
        string copy = _directory.Copy(Libssl);
        Assert.True(HostFile.TryGetStatus(copy, out FileStatus status));
        using var process = new HeldProcess(_directory.Path);
        File.Delete(copy);
        using var discovery = new TargetDiscovery(new TargetSelection { Pids = [process.Id] });

        TlsTarget target = Assert.Single(discovery.Scan().Found).Target;

        Assert.Equal(status.Inode, target.Key.Inode);
        Assert.EndsWith("libssl.so.3 (deleted)", target.DisplayPath, StringComparison.Ordinal);
        Assert.StartsWith("/proc/self/fd/", target.AttachPath, StringComparison.Ordinal);
        Assert.True(HostFile.TryGetStatus(target.AttachPath, out FileStatus held));
        Assert.Equal(status.Inode, held.Inode);
        Assert.Same(target, Assert.Single(discovery.Scan().Found).Target);
        target.Dispose();
        Assert.Throws<ObjectDisposedException>(() => target.AttachPath);
    }

    [Fact]
    public void Scan_NameWithSpaceNewlineAndDeletedMark_IsStillFound()
    {
        string odd = Path.Combine(_directory.Path, "a b\nc (deleted)");
        Directory.CreateDirectory(odd);
        File.Copy(Libssl, Path.Combine(odd, "libssl.so.3"));
        using var process = new HeldProcess(odd);

        TlsTarget target = Assert.Single(ScanProcess(process).Found).Target;

        AssertLeadsTo(target, Path.Combine(odd, "libssl.so.3"));
    }

    [Fact]
    public void Scan_LibraryInAnotherMountNamespace_IsReachedWithoutAHostPath()
    {
        SkipUnlessMountsWork();
        string script = $"mount -t tmpfs none {_directory.Path} && cp {Libssl} {_directory.Path}/ && exec \"$@\"";
        using var process = new HeldProcess(_directory.Path, "unshare", "-m", "sh", "-c", script, "sh");

        TlsTarget target = Assert.Single(ScanProcess(process).Found).Target;

        Assert.False(File.Exists(Path.Combine(_directory.Path, "libssl.so.3")));
        Assert.StartsWith($"[pid {process.Id}] ", target.DisplayPath, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Libssl), File.ReadAllBytes(target.AttachPath));
        Assert.NotNull(target.Identity.Version);
    }

    [Fact]
    public void Scan_OneLowerFileInTwoOverlays_IsOneTarget()
    {
        SkipUnlessMountsWork();
        Directory.CreateDirectory(_directory.File("lower"));
        Directory.CreateDirectory(_directory.File("merged"));
        File.Copy(Libssl, _directory.File("lower/libssl.so.3"));
        string[] wrapper = ["unshare", "-m", "sh", "-c", $"""
            cd {_directory.Path} && mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w && mount -t overlay none -o lowerdir=lower,upperdir=/mnt/u,workdir=/mnt/w merged && exec "$@"
            """, "sh"];
        using var first = new HeldProcess(_directory.File("merged"), wrapper);
        using var second = new HeldProcess(_directory.File("merged"), wrapper);
        using var discovery = new TargetDiscovery(new TargetSelection { Pids = [first.Id, second.Id] });

        FoundTarget found = Assert.Single(discovery.Scan().Found);

        Assert.Equal(2, found.ProcessCount);
        Assert.Equal(FileKey.OverlayDevice, found.Target.Key.Device);
    }

    [Fact]
    public void Scan_NodeWithoutAProcess_StandsReadyWithItsOwnOpenSsl()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/node"), "There is no /usr/bin/node on this host.");
        string version = TestHost.Run("/usr/bin/node", "-p", "process.versions.openssl").Trim();
        using var discovery = new TargetDiscovery(new TargetSelection());

        FoundTarget? node = discovery.Scan().Found.FirstOrDefault(found => IsFile(found.Target.Key, "/usr/bin/node"));

        Assert.SkipWhen(node is null, "This node does not carry its own OpenSSL.");
        Assert.True(node.IsStanding && node.Target.Identity.IsStatic);
        Assert.Equal(version, node.Target.Identity.Version.ToString());
    }

    [Fact]
    public void Scan_PythonWithSsl_CountsItsProcess()
    {
        const string Python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(Python), "There is no /usr/bin/python3 on this host.");
        using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", "import ssl; print(1, flush=True); input()"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        process.StandardOutput.ReadLine();
        using var discovery = new TargetDiscovery(new TargetSelection { Pids = [process.Id] });

        FoundTarget found = Assert.Single(discovery.Scan().Found);
        process.Kill();

        Assert.Equal((1, true), (found.ProcessCount, found.Target.Symbols.TryGetOffset("SSL_read_ex", out _)));
    }

    [Fact]
    public void Scan_HostUnchanged_CostsLittleAndGivesTheSameTargets()
    {
        using var discovery = new TargetDiscovery(new TargetSelection());
        using var process = new HeldProcess();
        IEnumerable<TlsTarget> first = [.. discovery.Scan().Found.Select(static found => found.Target)];
        const int Scans = 10;
        double before = ReadThreadCpuMs();
        int processes = 0;
        for (int i = 0; i < Scans; i++)
        {
            TargetScan scan = discovery.Scan();
            processes = scan.ProcessCount;
            Assert.Contains(first, target => scan.Found.Any(found => ReferenceEquals(found.Target, target)));
        }

        double ms = (ReadThreadCpuMs() - before) / Scans;
        output.WriteLine($"{ms:F1} ms CPU a scan of {processes} processes");

        // Some 0.25 ms a process, nearly all of it the kernel's for writing the lists. Opening every mapped file again would cost several times as much.
        Assert.InRange(ms, 0, 20 + (1.0 * processes));
    }

    [Fact]
    public void Scan_NamedLibrary_IsTheOnlyTarget()
    {
        using var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [Libssl] });

        FoundTarget found = Assert.Single(discovery.Scan().Found);

        AssertLeadsTo(found.Target, Libssl);
        Assert.Same(found.Target, Assert.Single(discovery.Scan().Found).Target);
    }

    [Fact]
    public void Scan_NamedLibraryReplaced_FindsTheNewOneToo()
    {
        string copy = _directory.Copy(Libssl);
        using var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [copy] });
        TlsTarget before = Assert.Single(discovery.Scan().Found).Target;
        File.Move(_directory.Copy(Libssl, "new"), copy, overwrite: true);

        TlsTarget after = Assert.Single(discovery.Scan().Found).Target;
        File.Delete(copy);

        Assert.NotEqual(before.Key, after.Key);
        Assert.Empty(discovery.Scan().Found);
    }

    [Fact]
    public void Scan_LibraryReplacedBeforeTheAttach_StillLeadsToTheInspectedFile()
    {
        string copy = _directory.Copy(Libssl);
        Assert.True(HostFile.TryGetStatus(copy, out FileStatus inspected));
        using var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [copy] });
        TlsTarget target = Assert.Single(discovery.Scan().Found).Target;

        File.Move(_directory.Copy(Libssl, "new"), copy, overwrite: true);

        Assert.True(HostFile.TryGetStatus(target.AttachPath, out FileStatus attached));
        Assert.Equal(inspected.Inode, attached.Inode);
        Assert.Equal(copy, target.DisplayPath);
    }

    [Fact]
    public void Scan_NamedLibraryOverwrittenInPlace_IsAnotherTargetWithTheNewOffsets()
    {
        string path = _directory.File("libown.so");
        File.WriteAllBytes(path, new ElfImage().AddFunction("SSL_read", 0x10).AddFunction("SSL_write", 0x20).Build());
        using var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [path] });
        TlsTarget before = Assert.Single(discovery.Scan().Found).Target;

        File.WriteAllBytes(path, new ElfImage().AddFunction("SSL_read", 0x30).AddFunction("SSL_write", 0x40).Build());
        TlsTarget after = Assert.Single(discovery.Scan().Found).Target;

        Assert.Same(before, Assert.Single(discovery.TakeReplaced()));
        Assert.Empty(discovery.TakeReplaced());
        Assert.Equal(before.Key, after.Key);
        Assert.True(before.Symbols.TryGetOffset("SSL_read", out ulong oldOffset) & after.Symbols.TryGetOffset("SSL_read", out ulong newOffset));
        Assert.Equal(0x20ul, newOffset - oldOffset);
        before.Dispose();
    }

    [Fact]
    public void Dispose_AfterScansAndReplacements_LeavesNoFileOpen()
    {
        string first = _directory.Copy(Libssl);
        string second = _directory.Copy(Libssl, "second");
        var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [first, second] });
        discovery.Scan();
        discovery.Scan();
        Assert.Equal(2, CountOpenFiles());
        File.SetUnixFileMode(second, UnixFileMode.UserRead);
        TargetScan scan = discovery.Scan();

        scan.Found[0].Target.Dispose();
        int afterOne = CountOpenFiles();
        discovery.Dispose();

        Assert.Equal((2, 0), (afterOne, CountOpenFiles()));
    }

    [Fact]
    public void Scan_NamedFileWithoutTheFunctions_SaysWhichAreMissing()
    {
        string path = _directory.File("half.so");
        File.WriteAllBytes(path, new ElfImage().AddFunction("SSL_read", 0x10).Build());

        Assert.Contains("does not define SSL_write,", FailureOf(path, TargetError.SymbolsMissing), StringComparison.Ordinal);
        Assert.Contains("SSL_read and SSL_write", FailureOf(TestHost.FindLibrary("libc.so.6"), TargetError.SymbolsMissing), StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_NamedFileThatIsNone_SaysWhy()
    {
        string cut = _directory.File("cut.so");
        File.WriteAllBytes(cut, File.ReadAllBytes(Libssl)[..5000]);
        TestHost.Run("mkfifo", _directory.File("fifo"));

        Assert.Contains("there is no such file", FailureOf("/nonexistent/libssl.so", TargetError.FileNotFound), StringComparison.Ordinal);
        Assert.Contains("not a regular file", FailureOf(_directory.Path, TargetError.FileUnreadable), StringComparison.Ordinal);
        Assert.Contains("not a regular file", FailureOf(_directory.File("fifo"), TargetError.FileUnreadable), StringComparison.Ordinal);
        Assert.Contains("not an ELF file", FailureOf(_directory.Write("text", new string('x', 100)), TargetError.NotElf), StringComparison.Ordinal);
        FailureOf(cut, TargetError.NotElf);
    }

    [Fact]
    public void Scan_NamedProcessThatIsNone_SaysSo()
    {
        using var discovery = new TargetDiscovery(new TargetSelection { Pids = [int.MaxValue] });

        TargetException exception = Assert.Throws<TargetException>(() => discovery.Scan());

        Assert.Equal(TargetError.NoSuchProcess, exception.Error);
        Assert.Contains($"{int.MaxValue}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_NamedThread_NamesItsProcess()
    {
        int thread = Directory.EnumerateDirectories("/proc/self/task").Select(static path => int.Parse(Path.GetFileName(path)))
            .First(static id => id != Environment.ProcessId);
        using var discovery = new TargetDiscovery(new TargetSelection { Pids = [thread] });

        Assert.Contains($"--pid {Environment.ProcessId}", Assert.Throws<TargetException>(() => discovery.Scan()).Message, StringComparison.Ordinal);
    }

    /// <summary>CPU time of this thread alone, as other tests run beside it.</summary>
    private static double ReadThreadCpuMs()
    {
        const int MsPerTick = 10;
        string[] fields = File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ');
        return (long.Parse(fields[12]) + long.Parse(fields[13])) * MsPerTick;
    }

    /// <summary>Of the files of this test alone, as other tests open files beside it.</summary>
    private int CountOpenFiles() => Directory.EnumerateFiles("/proc/self/fd")
        .Count(link => new FileInfo(link).LinkTarget?.StartsWith(_directory.Path, StringComparison.Ordinal) == true);

    private static void SkipUnlessMountsWork()
    {
        using Process probe = Process.Start(new ProcessStartInfo("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]) { RedirectStandardError = true })!;
        probe.WaitForExit();
        Assert.SkipUnless(probe.ExitCode == 0, "This host does not let the tests mount file systems (CAP_SYS_ADMIN).");
    }

    private static string FailureOf(string path, TargetError error)
    {
        using var discovery = new TargetDiscovery(new TargetSelection { LibraryPaths = [path] });
        TargetException exception = Assert.Throws<TargetException>(() => discovery.Scan());
        Assert.Equal(error, exception.Error);
        Assert.StartsWith($"--lib {path}: ", exception.Message, StringComparison.Ordinal);
        return exception.Message;
    }

    private TargetScan ScanProcess(HeldProcess process)
    {
        // Disposed with the test: a target without a host path is only good while its discovery lives.
        var discovery = new TargetDiscovery(new TargetSelection { Pids = [process.Id] });
        _discoveries.Add(discovery);
        return discovery.Scan();
    }

    private static bool IsFile(FileKey key, string path) => HostFile.TryGetStatus(path, out FileStatus status) && key.Inode == status.Inode;

    private static void AssertLeadsTo(TlsTarget target, string path)
    {
        Assert.True(HostFile.TryGetStatus(path, out FileStatus expected));
        Assert.True(HostFile.TryGetStatus(target.AttachPath, out FileStatus actual));
        Assert.Equal((expected.Device, expected.Inode), (actual.Device, actual.Inode));
        Assert.Equal(expected.Inode, target.Key.Inode);
    }
}
