// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

/// <summary>Errors that a test running as root cannot bring about for real.</summary>
public sealed class OutputErrorsTests
{
    [Fact]
    public void OnOpen_NoPermission_IsABadConfigurationAndSaysWhatToDo()
    {
        SinkException error = OutputErrors.OnOpen("/var/log/sluice/a.jsonl", new UnauthorizedAccessException("Access denied."));

        Assert.Equal(
            "Cannot write events to /var/log/sluice/a.jsonl: no permission; make /var/log/sluice writable for this user or name another path.",
            error.Message);
        Assert.True(error.IsConfiguration);
    }

    [Fact]
    public void OnOpen_DiskFull_IsNoBadConfiguration()
    {
        SinkException error = OutputErrors.OnOpen("/a.jsonl", new IOException("No space left on device", 28));

        Assert.Equal("Cannot write events to /a.jsonl: the disk is full; free space or name another path.", error.Message);
        Assert.False(error.IsConfiguration);
    }

    [Fact]
    public void OnPrune_NoPermission_SaysWhatToDo()
    {
        SinkException error = OutputErrors.OnPrune("/var/log/a.jsonl", new UnauthorizedAccessException("Access denied."));

        Assert.Equal(
            "Cannot delete the oldest finished files of /var/log/a.jsonl: Access denied. Make its directory writable, or leave rotate-keep out.",
            error.Message);
        Assert.Equal(DropReason.SinkFailed, error.Reason);
    }

    [Fact]
    public void OnWrite_ClosedStandardOutput_SaysSo()
    {
        SinkException error = OutputErrors.OnWrite("Standard output", new UnauthorizedAccessException("Access to the path is denied."));

        Assert.Equal("Standard output takes no events: it is closed, or not open for writing.", error.Message);
    }

    [Theory]
    [InlineData(122, "the disk quota is used up")]
    [InlineData(5, "input/output error")]
    [InlineData(27, "some other error")]
    public void OnWrite_OtherErrors_AreFailures(int errno, string text)
    {
        SinkException error = OutputErrors.OnWrite("/a.jsonl", new IOException("some other error", errno));

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Equal((DropReason.SinkFailed, false), (error.Reason, error.EndsQuietly));
    }
}
