// SPDX-License-Identifier: Apache-2.0
using System.Threading;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Sluice.SdkExport;

/// <summary>The SDK's exporter, with a count of what it exported, so that the load can wait for room instead of losing records.</summary>
internal sealed class CountingExporter : BaseExporter<LogRecord>
{
    private readonly BaseExporter<LogRecord> _inner;
    private long _exported;
    private long _failed;

    public CountingExporter(BaseExporter<LogRecord> inner) => _inner = inner;

    /// <summary>Records that are out of the queue. Pairs with the Interlocked.Add in <see cref="Export"/>.</summary>
    public long Exported => Volatile.Read(ref _exported);

    /// <summary>Records of exports that failed.</summary>
    public long Failed => Volatile.Read(ref _failed);

    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        long count = batch.Count;
        ExportResult result = _inner.Export(batch);
        Interlocked.Add(ref result == ExportResult.Success ? ref _exported : ref _failed, count);
        return result;
    }

    protected override bool OnShutdown(int timeoutMilliseconds) => _inner.Shutdown(timeoutMilliseconds);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
