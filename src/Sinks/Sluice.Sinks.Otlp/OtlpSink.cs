// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// Sends events as OTLP log records, many in a request. An event counts as delivered when the server has answered its request with success; until then it waits
/// in memory, through restarts and outages of the server, without an end but that of the stop.
/// </summary>
/// <remarks>
/// <para>What is tried again is what the OTLP specification names (<see cref="RetryTable"/>); any other refusal is final and counts as rejected. An attempt
/// whose answer got lost is made again, so the server can have events twice, with the same <c>log.record.uid</c>.</para>
/// <para>Order: a connection's events arrive in their order, also through retries; with <c>concurrency=1</c>, the default, all events do.</para>
/// <para>When the open request is full and the one before it has no answer yet, <see cref="WriteAsync"/> waits: that is the back-pressure.</para>
/// <para>The sink can be driven without a pipeline: start it, count batches as offered in <see cref="Ledger"/>, write them one after
/// another, flush, dispose, close the ledger.</para>
/// </remarks>
public sealed class OtlpSink : ISink
{
    private readonly OtlpSinkOptions _options;
    private readonly ILogger _logger;
    private readonly ExportOutcomes _outcomes;
    private readonly OtlpClient _client;
    private readonly OtlpLane[] _lanes;
    private readonly CancellationTokenSource _stop = new();
    private Task[]? _running;
    private bool _isDisposed;

    /// <param name="options">Where and how.</param>
    /// <param name="logger">Told about outages and refused events, at a bounded rate.</param>
    public OtlpSink(OtlpSinkOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        Ledger = new SinkLedger(options.Name);
        _outcomes = new ExportOutcomes(Ledger, _logger, options);
        _client = OtlpClient.Create(options);
        var outage = new ServerOutage(_logger, options.DisplayName);
        _lanes = [.. Enumerable.Range(0, options.Concurrency).Select(_ => new OtlpLane(options, _client, _outcomes, outage, Ledger))];
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

    /// <summary>Unless the sink starts lazily, sends an empty request, and waits up to five seconds for a server that takes it.</summary>
    /// <inheritdoc/>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (_running is not null)
        {
            throw new InvalidOperationException("The sink was started before.");
        }

        if (!_options.StartsLazily)
        {
            await new ServerCheck(_client, _options).WaitUntilReadyAsync(cancellationToken).ConfigureAwait(false);
        }

        _running = [.. _lanes.Select(lane => Task.Run(() => lane.RunAsync(OnLaneDied, _stop.Token), CancellationToken.None))];
    }

    /// <summary>Encodes the batch into requests; waits while they are full and the server has not answered.</summary>
    /// <remarks>
    /// When <paramref name="cancellationToken"/> ends the wait, the samples that were not encoded stay without an outcome: the owner of the ledger settles them.
    /// </remarks>
    /// <inheritdoc/>
    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (_running is null)
        {
            throw new InvalidOperationException("The sink was not started.");
        }

        for (int lane = 0; lane < _lanes.Length; lane++)
        {
            int next = Append(lane, batch, 0);
            if (next != batch.Count)
            {
                return WriteSlowAsync(lane, batch, next, cancellationToken);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_running is not null)
        {
            await Task.WhenAll(_lanes.Select(lane => lane.FlushAsync(cancellationToken))).ConfigureAwait(false);
        }
    }

    /// <summary>Drops, and counts as <see cref="DropReason.DrainTimeout"/>, what has no answer yet: flush first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running ?? []).ConfigureAwait(false);
        _outcomes.Report(isLast: true);
        _client.Dispose();
        _stop.Dispose();
    }

    private int Append(int lane, SampleBatch batch, int index) => _lanes[lane].Append(batch, index, new LaneChoice(lane, _lanes.Length));

    private async ValueTask WriteSlowAsync(int lane, SampleBatch batch, int next, CancellationToken cancellationToken)
    {
        for (; lane < _lanes.Length; lane++, next = 0)
        {
            while ((next = Append(lane, batch, next)) < batch.Count)
            {
                await _lanes[lane].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void OnLaneDied(Exception exception) => OtlpLog.LaneDied(_logger, _options.DisplayName, exception);
}
