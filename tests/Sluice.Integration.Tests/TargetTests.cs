// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Linq;
using System.Threading;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>Libraries that are not where, or not there when, the capture starts.</summary>
public sealed class TargetTests
{
    [Fact]
    public void Capture_LibraryThatAppearsLater_IsTapped()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace);
        string own = LibraryCopy.Make(workspace), go = workspace.PathOf("go");

        // A new inode, mapped for the first time: the process waits a moment, as a service does between its start and its first request.
        using Command load = Command.Start("sh", "-c",
            $"LD_LIBRARY_PATH={own} exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 10 --wait-file {go}");
        Thread.Sleep(2000);
        File.WriteAllText(go, "");
        load.WaitForSuccess();
        capture.Stop();

        Assert.Equal(40, capture.Events.Count(e => e.Pid == load.Pid));
    }

    [Fact]
    public void Capture_LibraryDeletedWhileInUse_IsTapped()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string own = LibraryCopy.Make(workspace), go = workspace.PathOf("go");
        using Command load = Command.Start("sh", "-c",
            $"LD_LIBRARY_PATH={own} exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 10 --wait-file {go}");
        Command.WaitUntil(() => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5, "The load");
        Directory.Delete(own, recursive: true);

        using Capture capture = Capture.Start(workspace);
        File.WriteAllText(go, "");
        load.WaitForSuccess();
        capture.Stop();

        Assert.Equal(40, capture.Events.Count(e => e.Pid == load.Pid));
    }

    [Fact]
    public void Capture_OneLibraryNamed_LeavesOtherCopiesAlone()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string own = LibraryCopy.Make(workspace);
        using Capture capture = Capture.Start(workspace, "--lib", Path.Combine(own, "libssl.so.3"));

        TlsLoadResult other = TlsLoad.Run(workspace, "exchange", "--records", "5");
        Command.Run("sh", "-c", $"LD_LIBRARY_PATH={own} exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 5");
        capture.Stop();

        Assert.Equal(20, capture.Events.Count);
        Assert.DoesNotContain(capture.Events, e => e.Pid == other.Pid);
    }
}
