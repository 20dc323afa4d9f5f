// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>Counts what became of events, and says what was refused at a bounded rate. Thread-safe.</summary>
internal sealed class ExportOutcomes
{
    private const long LogIntervalMs = 10_000;

    private readonly SinkLedger _ledger;
    private readonly ILogger _logger;
    private readonly OtlpSinkOptions _options;

    /// <summary>Guards what is not reported yet. Innermost lock but for the ledger's.</summary>
    private readonly Lock _gate = new();

    private long _rejected;
    private string _reason = "";
    private long _oversize;
    private string _warning = "";
    private long _lastLogMs = -LogIntervalMs;

    public ExportOutcomes(SinkLedger ledger, ILogger logger, OtlpSinkOptions options)
    {
        _ledger = ledger;
        _logger = logger;
        _options = options;
    }

    /// <summary>The server took a request. Of a partial success the refused records are gone: it must not be tried again.</summary>
    public void AddAccepted(long count, ExportAnswer answer)
    {
        // Not more than there were, whatever the server says: the ledger has to add up.
        long rejected = Math.Clamp(answer.RejectedRecords, 0, count);
        _ledger.AddDelivered(count - rejected);
        if (rejected != 0)
        {
            AddRejected(rejected, $"partial success{Remedies.Describe(answer.Reason, "")}");
        }
        else if (answer.Reason.Length != 0)
        {
            lock (_gate)
            {
                _warning = answer.Reason;
            }

            Report();
        }
    }

    /// <summary>The server will never take a request.</summary>
    public void AddRejected(long count, string reason)
    {
        _ledger.AddRejected(count);
        lock (_gate)
        {
            _rejected += count;
            _reason = reason;
        }

        Report();
    }

    /// <summary>Events that fit into no request.</summary>
    public void AddOversize(long count)
    {
        _ledger.AddDropped(DropReason.Oversize, count);
        lock (_gate)
        {
            _oversize += count;
        }

        Report();
    }

    public void AddMalformed(long count) => _ledger.AddDropped(DropReason.Malformed, count);

    /// <summary>Events whose answers nobody waits for any more.</summary>
    public void AddAbandoned(long count) => _ledger.AddDropped(DropReason.DrainTimeout, count);

    /// <summary>Writes the lines that are due, if there are any.</summary>
    public void Report(bool isLast = false)
    {
        lock (_gate)
        {
            long now = Environment.TickCount64;
            if (!isLast && now - _lastLogMs < LogIntervalMs)
            {
                return;
            }

            ReportLocked(now);
        }
    }

    private void ReportLocked(long nowMs)
    {
        if (_rejected != 0)
        {
            OtlpLog.Rejected(_logger, _options.DisplayName, _rejected, _reason);
            _rejected = 0;
            _lastLogMs = nowMs;
        }

        if (_oversize != 0)
        {
            OtlpLog.Oversize(_logger, _options.DisplayName, _oversize, _options.MaxRequestBytes);
            _oversize = 0;
            _lastLogMs = nowMs;
        }

        if (_warning.Length != 0)
        {
            OtlpLog.ServerWarning(_logger, _options.DisplayName, _warning);
            _warning = "";
            _lastLogMs = nowMs;
        }
    }
}
