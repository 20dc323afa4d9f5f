// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.Hosting;

/// <summary>
/// The way out when an orderly stop is no longer wanted (a second Ctrl-C) or not possible: the process ends at once, and says what it leaves behind. Thread-safe.
/// </summary>
internal sealed class Abandonment
{
    // The pipeline gives its sinks a quarter of a second to close their files; twice that covers a busy machine and still feels like "at once".
    private static readonly TimeSpan s_closeTime = TimeSpan.FromMilliseconds(500);

    private readonly string? _ledgerPath;
    private volatile CapturePipeline? _pipeline;
    private volatile bool _readerHasEnded;
    private int _finished;

    /// <param name="ledgerPath">Where the last ledger goes; null for nowhere.</param>
    public Abandonment(string? ledgerPath) => _ledgerPath = ledgerPath;

    /// <summary>Set once there is something that could be abandoned.</summary>
    public CapturePipeline? Pipeline
    {
        set => _pipeline = value;
    }

    /// <summary>Claims the right to write the last lines and the exit code; only one caller gets it.</summary>
    public bool TryFinish() => Interlocked.Exchange(ref _finished, 1) == 0;

    /// <summary>For the one who came second: the process ends while this is awaited.</summary>
    public static async Task<ExitCode> ProcessEndsAsync()
    {
        await Task.Delay(Timeout.Infinite);
        return ExitCode.Failed;
    }

    /// <summary>From now on nobody writes into the pipeline's intakes any more, so it can be abandoned as a whole.</summary>
    public void ReaderHasEnded() => _readerHasEnded = true;

    /// <summary>Ends the process, unless an orderly stop has just come to its own end.</summary>
    public void Execute()
    {
        if (!TryFinish())
        {
            return;
        }

        Console.Error.WriteLine("sluice: Stopped at once; what has no outcome is abandoned:");
        if (_pipeline is { } pipeline)
        {
            LedgerSnapshot ledger = _readerHasEnded ? Abandon(pipeline) : pipeline.Ledger.Snapshot();
            Console.Error.Write(ledger.ToText());
            WriteLedger(ledger);
        }

        Environment.Exit((int)ExitCode.Failed);
    }

    private static LedgerSnapshot Abandon(CapturePipeline pipeline)
    {
        Task<CompletionReport> abandoned = pipeline.AbandonAsync();
        return abandoned.Wait(s_closeTime) ? abandoned.Result.Ledger : pipeline.Ledger.Snapshot();
    }

    private void WriteLedger(LedgerSnapshot ledger)
    {
        if (_ledgerPath is null)
        {
            return;
        }

        try
        {
            new LedgerFile(_ledgerPath).Write(ledger, durable: false);
        }
        catch (LedgerFileException e)
        {
            Console.Error.WriteLine("sluice: " + e.Message);
        }
    }
}
