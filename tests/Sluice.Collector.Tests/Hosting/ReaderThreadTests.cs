// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Collector.Hosting;
using Xunit;

namespace Sluice.Collector.Tests.Hosting;

public sealed class ReaderThreadTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Reader_ThatThrows_IsReportedFromItsOwnNamedThread()
    {
        using var reported = new ManualResetEventSlim();
        (Exception? Failure, string? Thread) seen = default;
        var reader = new ReaderThread(
            run: static () => throw new InvalidOperationException("the ring is corrupt"),
            stop: static () => { },
            onDied: e =>
            {
                seen = (e, Thread.CurrentThread.Name);
                reported.Set();
            },
            NullLogger.Instance);

        reader.Start();

        Assert.True(reported.Wait(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal("the ring is corrupt", seen.Failure?.Message);
        Assert.Equal("sluice-reader", seen.Thread);
    }

    [Fact]
    public void Reader_OfAPrivilegedCollector_RunsBeforeOtherThreads()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Raising a thread's priority needs CAP_SYS_NICE.");
        int readerNice = 0;
        var reader = new ReaderThread(run: () => readerNice = NiceOfThisThread(), stop: static () => { }, onDied: static _ => { }, NullLogger.Instance);
        reader.Start();

        Assert.True(reader.Stop(s_patience));
        Assert.Equal(NiceOfThisThread() - 10, readerNice);
    }

    [Fact]
    public void Stop_OfAReaderThatEnds_WaitsForItsLastDrain()
    {
        using var told = new ManualResetEventSlim();
        bool drained = false;
        var reader = new ReaderThread(
            run: () =>
            {
                told.Wait();
                Thread.Sleep(50);
                drained = true;
            },
            stop: told.Set,
            onDied: static _ => { }, NullLogger.Instance);
        reader.Start();

        Assert.True(reader.Stop(s_patience));
        Assert.True(drained);
    }

    [Fact]
    public void Stop_OfAReaderThatFailsInItsLastDrain_TellsWhatBroke()
    {
        using var told = new ManualResetEventSlim();
        var reader = new ReaderThread(
            run: () =>
            {
                told.Wait();
                throw new InvalidOperationException("the ring is corrupt");
            },
            stop: told.Set,
            onDied: static _ => { }, NullLogger.Instance);
        reader.Start();

        Assert.True(reader.Stop(s_patience));
        Assert.Equal("the ring is corrupt", reader.Failure?.Message);
    }

    [Fact]
    public void Stop_OfAReaderThatIsStuck_ReturnsFalseInTime()
    {
        using var release = new ManualResetEventSlim();
        var reader = new ReaderThread(run: release.Wait, stop: static () => { }, onDied: static _ => { }, NullLogger.Instance);
        reader.Start();

        Assert.False(reader.Stop(TimeSpan.FromMilliseconds(20)));
        release.Set();
        Assert.True(reader.Stop(s_patience));
    }

    [Fact]
    public void Stop_OfAReaderThatNeverStarted_ReturnsAtOnce()
    {
        var reader = new ReaderThread(run: static () => { }, stop: static () => { }, onDied: static _ => { }, NullLogger.Instance);

        Assert.True(reader.Stop(TimeSpan.Zero));
    }

    private static int NiceOfThisThread()
    {
        // Field 19 of proc(5) stat; the name, which may hold spaces, ends with the last parenthesis and is the second.
        string stat = File.ReadAllText("/proc/thread-self/stat");
        string[] behindName = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return int.Parse(behindName[19 - 3], System.Globalization.CultureInfo.InvariantCulture);
    }
}
