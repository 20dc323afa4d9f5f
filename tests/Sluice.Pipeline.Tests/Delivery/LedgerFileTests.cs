// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class LedgerFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-ledger-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Write_NewFile_HoldsTheLedgerReadableByAllAndNothingElseIsLeft(bool durable)
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        var file = new LedgerFile(Path.Combine(_directory, "ledger.json"));
        file.Write(ledger.Snapshot(), durable);
        Assert.Equal(ledger.ToJson() + "\n", File.ReadAllText(file.Path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(file.Path));
        Assert.Equal([file.Path], Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task Write_WhileAnotherProcessReads_TheReaderNeverSeesAPart()
    {
        var counters = new FedCounters();
        var ledger = new LossLedger(counters, [new SinkLedger("a")]);
        var file = new LedgerFile(Path.Combine(_directory, "ledger.json"));
        file.Write(ledger.Snapshot(), durable: false);
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                counters.AddSubmitted(1_000_003);
                file.Write(ledger.Snapshot(), durable: false);
            }
        }, TestContext.Current.CancellationToken);
        for (int i = 0; i < 300; i++)
        {
            using JsonDocument json = JsonDocument.Parse(await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken));
            Assert.Equal(0, json.RootElement.GetProperty("submitted").GetInt64() % 1_000_003);
        }

        await stop.CancelAsync();
        await writer;
    }

    [Fact]
    public void Write_DirectoryMissing_SaysWhatWhereAndWhatToDo()
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        var file = new LedgerFile(Path.Combine(_directory, "missing", "ledger.json"));
        LedgerFileException e = Assert.Throws<LedgerFileException>(() => file.Write(ledger.Snapshot(), durable: false));
        Assert.Equal(Message(file.Path, "its directory does not exist"), e.Message);
    }

    [Theory]
    [InlineData(28, "the disk is full")]
    [InlineData(122, "the disk is full")]
    [InlineData(30, "the file system is read-only")]
    [InlineData(5, "Input/output error")]
    public void Message_ErrorOfTheSystem_GivesTheReasonWithoutTheTemporaryFile(int errno, string reason)
    {
        var cause = new IOException("What the runtime says. : '/x/ledger.json.7.tmp'.", errno);
        Assert.Equal(Message("/x/ledger.json", reason), new LedgerFileException("/x/ledger.json", cause).Message);
    }

    [Fact]
    public void Message_NoPermission_GivesTheReasonWithoutTheTemporaryFile()
    {
        var cause = new UnauthorizedAccessException("Access to the path '/x/ledger.json.7.tmp' is denied.");
        Assert.Equal(Message("/x/ledger.json", "permission denied"), new LedgerFileException("/x/ledger.json", cause).Message);
    }

    [Fact]
    public void Write_LinkInThePlaceOfTheTemporaryFile_DoesNotFollowIt()
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        var file = new LedgerFile(Path.Combine(_directory, "ledger.json"));
        string victim = Path.Combine(_directory, "victim");
        File.WriteAllText(victim, "precious");
        File.CreateSymbolicLink($"{file.Path}.{Environment.ProcessId}.tmp", victim);
        file.Write(ledger.Snapshot(), durable: false);
        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Equal(ledger.ToJson() + "\n", File.ReadAllText(file.Path));
        Assert.Null(new FileInfo(file.Path).LinkTarget);
    }

    [Fact]
    public void Write_TargetIsADirectory_FailsAndLeavesNoTemporaryFile()
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        string path = Directory.CreateDirectory(Path.Combine(_directory, "taken")).FullName;
        LedgerFileException e = Assert.Throws<LedgerFileException>(() => new LedgerFile(path).Write(ledger.Snapshot(), durable: false));
        Assert.Equal(Message(path, "it is a directory"), e.Message);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    private static string Message(string path, string reason) =>
        $"Cannot write the ledger file '{path}': {reason}. Give --ledger a path in a directory that exists, can be written and has room.";
}
