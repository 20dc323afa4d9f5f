// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline;

/// <summary>What happens once a second: loss is reported in the stream, the ledger file is replaced, idle memory is given up.</summary>
internal sealed class PipelineTicker
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _interval;
    private readonly LossReporter _reporter;
    private readonly LossLedger _ledger;
    private readonly LedgerFile? _ledgerFile;
    private readonly BatchPool _pool;
    private readonly ILogger _logger;
    private Task _loop = Task.CompletedTask;
    private bool _hasWarned;

    public PipelineTicker(TimeSpan interval, LossReporter reporter, LossLedger ledger, LedgerFile? ledgerFile, BatchPool pool, ILogger logger)
    {
        _interval = interval;
        _reporter = reporter;
        _ledger = ledger;
        _ledgerFile = ledgerFile;
        _pool = pool;
        _logger = logger;
    }

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Returns when the last tick is over; no tick runs afterwards.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                _reporter.Report();
                WriteLedgerFile();
                _pool.TrimIdle();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception e)
        {
            _logger.ReportsFailed(e);
        }
    }

    private void WriteLedgerFile()
    {
        try
        {
            _ledgerFile?.Write(_ledger.Snapshot(), durable: false);
        }
        catch (LedgerFileException e)
        {
            // A full disk must not end a capture whose events go elsewhere. The final write says it again, to the caller.
            if (!_hasWarned)
            {
                _logger.LedgerFileNotWritten(e.Message);
                _hasWarned = true;
            }
        }
    }
}
