// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Threading;
using Sluice.Bpf;
using Sluice.Probes.Targets;
using Xunit;

namespace Sluice.Probes.Tests.Targets;

public sealed class TargetTrackerTests : IDisposable
{
    private static readonly TimeSpan s_never = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(50);

    private readonly TempDirectory _directory = new();
    private readonly ConcurrentQueue<TlsTarget> _added = new();
    private readonly ConcurrentQueue<TlsTarget> _removed = new();
    private readonly ConcurrentQueue<Exception> _failures = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void OnMapping_NewProcessWithItsOwnCopy_AddsItWithoutAScan()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_never);
        tracker.Start(static _ => { });
        using var process = new HeldProcess(_directory.Path);

        Report(tracker, process, copy);
        Report(tracker, process, copy);

        TestHost.WaitUntil(() => !_added.IsEmpty, "the copy is added");
        Assert.Equal(copy, Assert.Single(_added).DisplayPath);
    }

    [Fact]
    public void OnMapping_ProcessHasEndedAlready_AddsTheFileByItsPath()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_never);
        tracker.Start(static _ => { });
        Assert.True(HostFile.TryGetStatus(copy, out FileStatus status));

        tracker.OnMapping(int.MaxValue, status.DeviceMajor, status.DeviceMinor, status.Inode, copy);

        TestHost.WaitUntil(() => !_added.IsEmpty, "the file of the ended process is added");
        Assert.Equal(copy, Assert.Single(_added).DisplayPath);
    }

    [Fact]
    public void OnMapping_ProgramRebuiltUnderTheSameInode_IsLookedAtAgain()
    {
        string path = _directory.Write("program", "not a program yet, but long enough to be looked at as one, sixty-four bytes");
        using TargetTracker tracker = Make(s_never);
        tracker.Start(static _ => { });
        Assert.True(HostFile.TryGetStatus(path, out FileStatus status));
        tracker.OnMapping(Environment.ProcessId, status.DeviceMajor, status.DeviceMinor, status.Inode, path);
        Thread.Sleep(100);
        Assert.Empty(_added);

        using (FileStream stream = File.OpenWrite(path))
        {
            stream.Write(File.ReadAllBytes(TestHost.FindLibrary("libssl.so.3")));
        }

        tracker.OnMapping(Environment.ProcessId, status.DeviceMajor, status.DeviceMinor, status.Inode, path);

        TestHost.WaitUntil(() => !_added.IsEmpty, "the rebuilt program is added");
    }

    [Fact]
    public void Start_LibraryComesAndGoes_IsAddedByAScanAndRemovedAfterTheGrace()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_often);
        tracker.Start(static _ => { });
        using (var process = new HeldProcess(_directory.Path))
        {
            TestHost.WaitUntil(() => _added.Any(target => target.DisplayPath == copy), "the copy is added");
        }

        TestHost.WaitUntil(() => !_removed.IsEmpty, "the copy is removed");
        Assert.Same(_added.Single(target => target.DisplayPath == copy), Assert.Single(_removed));
        Assert.Empty(_failures);
    }

    [Fact]
    public void Start_LibraryExistsAlready_IsHandedOverOnTheCallersThread()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using var process = new HeldProcess(_directory.Path);
        using TargetTracker tracker = Make(s_often);
        int thread = Environment.CurrentManagedThreadId;
        int seen = 0;

        tracker.Start(target =>
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            seen += target.DisplayPath == copy ? 1 : 0;
        });
        Thread.Sleep(200);

        Assert.Equal(1, seen);
        Assert.DoesNotContain(_added, target => target.DisplayPath == copy);
        Assert.Throws<InvalidOperationException>(() => tracker.Start(static _ => { }));
    }

    [Fact]
    public void Retry_TargetStillThere_IsAddedAnewAsAnotherObject()
    {
        using TargetTracker tracker = Make(s_often);
        List<TlsTarget> existing = [];
        tracker.Start(existing.Add);
        TlsTarget first = existing[0];

        tracker.Retry(first);

        TestHost.WaitUntil(() => _added.Any(target => target.Key == first.Key), "the target is added again");
        Assert.NotSame(first, _added.First(target => target.Key == first.Key));
    }

    [Fact]
    public void Added_HandlerThrows_EndsTheTrackerWithFailed()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_often);
        var failure = new InvalidOperationException("The kernel refused.");
        tracker.Added += target => throw (target.DisplayPath == copy ? failure : new InvalidOperationException("Another library came into use during the test."));
        tracker.Start(static _ => { });
        using var process = new HeldProcess(_directory.Path);

        TestHost.WaitUntil(() => !_failures.IsEmpty, "the failure is reported");

        Assert.Same(failure, Assert.Single(_failures));
    }

    [Fact]
    public void OnMapping_MoreEventsThanWait_AreMadeUpForByAScan()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_never);
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var process = new HeldProcess(_directory.Path);
        tracker.Start(static _ => { });
        string second = _directory.Copy(copy, "second");
        Assert.True(HostFile.TryGetStatus(second, out FileStatus status));
        tracker.Added += _ =>
        {
            entered.Set();
            release.Wait(TestContext.Current.CancellationToken);
        };
        tracker.OnMapping(int.MaxValue, status.DeviceMajor, status.DeviceMinor, status.Inode, second);
        Assert.True(entered.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        using var third = new TempDirectory();
        third.Copy(copy);
        using var late = new HeldProcess(third.Path);

        for (uint i = 1; i < 6000; i++)
        {
            tracker.OnMapping(int.MaxValue, 0, 0, i, "/nonexistent");
        }

        release.Set();

        TestHost.WaitUntil(() => _added.Any(target => target.DisplayPath == third.File("libssl.so.3")), "the scan finds what no event told");
    }

    [Fact]
    public void OnMapping_TargetOverwrittenInPlace_IsReplacedWithoutAScan()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using TargetTracker tracker = Make(s_never);
        tracker.Start(static _ => { });
        using var process = new HeldProcess(_directory.Path);
        Report(tracker, process, copy);
        TestHost.WaitUntil(() => !_added.IsEmpty, "the copy is added");

        OverwriteInPlace(copy);
        Report(tracker, process, copy);

        TestHost.WaitUntil(() => _added.Count == 2, "the overwritten copy is added");
        AssertReplaced();
    }

    [Fact]
    public void Start_TargetOverwrittenInPlace_IsReplacedByAScan()
    {
        string copy = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        using var process = new HeldProcess(_directory.Path);
        using var tracker = new TargetTracker(
            new TargetDiscovery(new TargetSelection { Pids = [process.Id] }), new TargetTrackerOptions { RescanInterval = s_often });
        tracker.Added += _added.Enqueue;
        tracker.Removed += _removed.Enqueue;
        tracker.Start(_added.Enqueue);

        OverwriteInPlace(copy);

        TestHost.WaitUntil(() => _added.Count == 2, "the overwritten copy is added");
        AssertReplaced();
    }

    [Fact]
    public void Dispose_HandlerHangs_ReturnsAndLeavesTheRestToTheThread()
    {
        string first = _directory.Copy(TestHost.FindLibrary("libssl.so.3"));
        string second = _directory.Copy(first, "second");
        using var release = new ManualResetEventSlim();
        TargetTracker tracker = Make(s_never);
        tracker.Start(static _ => { });
        tracker.Added += _ => release.Wait(TimeSpan.FromMinutes(1));
        ReportWithoutProcess(tracker, first);
        TestHost.WaitUntil(() => !_added.IsEmpty, "the handler hangs");
        ReportWithoutProcess(tracker, second);
        TlsTarget target = Assert.Single(_added);

        tracker.Dispose();
        ReportWithoutProcess(tracker, second);
        tracker.Retry(target);
        bool isHeldForTheHandler = File.Exists(target.AttachPath);
        release.Set();

        Assert.True(isHeldForTheHandler);
        TestHost.WaitUntil(() => Record.Exception(() => target.AttachPath) is ObjectDisposedException, "the thread disposes the target");
        Assert.Single(_added);
        Assert.Empty(_failures);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(100, 10)]
    [InlineData(250, 25)]
    public void RescanIntervalAfter_ScanCost_IsAtMostOnePercentOfACpu(int scanCpuMs, int expectedSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), new TargetTrackerOptions().RescanIntervalAfter(TimeSpan.FromMilliseconds(scanCpuMs)));

    [Fact]
    public void ThreadCpuTime_ThreadComputesOrSleeps_CountsTheComputingAlone()
    {
        TimeSpan start = ThreadCpuTime.Read();
        TestHost.WaitUntil(() => Enumerable.Range(0, 1_000_000).Sum(static i => i & 1) > 0 && ThreadCpuTime.Read() - start > TimeSpan.FromMilliseconds(20), "20 ms are used");

        TimeSpan beforeSleep = ThreadCpuTime.Read();
        Thread.Sleep(300);

        Assert.InRange(ThreadCpuTime.Read() - beforeSleep, TimeSpan.Zero, TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public void Dispose_Twice_StopsTheThreadAndKeepsQuiet()
    {
        TargetTracker tracker = Make(s_often);
        tracker.Start(static _ => { });

        tracker.Dispose();
        tracker.Dispose();
        int added = _added.Count;
        using var process = new HeldProcess();
        Thread.Sleep(150);

        Assert.Equal(added, _added.Count);
        Assert.Empty(_failures);
    }

    private TargetTracker Make(TimeSpan rescan)
    {
        var tracker = new TargetTracker(
            new TargetDiscovery(new TargetSelection()), new TargetTrackerOptions { RescanInterval = rescan, RemovalGrace = TimeSpan.FromMilliseconds(200) });
        tracker.Added += _added.Enqueue;
        tracker.Removed += _removed.Enqueue;
        tracker.Failed += _failures.Enqueue;
        return tracker;
    }

    private static void OverwriteInPlace(string path)
    {
        byte[] contents = File.ReadAllBytes(path);
        using FileStream stream = File.OpenWrite(path);
        stream.Write(contents);
    }

    private void AssertReplaced()
    {
        TlsTarget[] added = [.. _added];
        Assert.Same(added[0], Assert.Single(_removed));
        Assert.NotSame(added[0], added[1]);
        Assert.Equal(added[0].Key, added[1].Key);
        Assert.Throws<ObjectDisposedException>(() => added[0].AttachPath);
        Assert.True(File.Exists(added[1].AttachPath));
    }

    private static void ReportWithoutProcess(TargetTracker tracker, string path)
    {
        Assert.True(HostFile.TryGetStatus(path, out FileStatus status));
        tracker.OnMapping(int.MaxValue, status.DeviceMajor, status.DeviceMinor, status.Inode, path);
    }

    private static void Report(TargetTracker tracker, HeldProcess process, string path)
    {
        Assert.True(HostFile.TryGetStatus(path, out FileStatus status));
        tracker.OnMapping(process.Id, status.DeviceMajor, status.DeviceMinor, status.Inode, path);
    }
}
