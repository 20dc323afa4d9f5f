// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Sluice.Collector.Telemetry;
using Sluice.Collector.Telemetry.Prometheus;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Collector.Tests.Telemetry;

/// <summary>What is measured comes out as Prometheus reads it.</summary>
public sealed class MetricCollectorTests : IDisposable
{
    private readonly CollectorMeters _meters = new();
    private readonly Meter _meter;
    private readonly MetricCollector _collector;

    public MetricCollectorTests()
    {
        _meter = _meters.Create(new MeterOptions("Sluice.Test"));
        _collector = new MetricCollector(_meters, ProcessResource.Attributes);
    }

    public void Dispose()
    {
        _collector.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public void Collect_ObservedInstruments_GivesTheirValuesOfNowAndNotWhatIsGone()
    {
        PrometheusReader.Require();
        var rings = new List<Measurement<long>> { new(5, new KeyValuePair<string, object?>("ring", 0)), new(7, new KeyValuePair<string, object?>("ring", 1)) };
        long counted = 3;
        _meter.CreateObservableGauge("test.rings", () => rings, "By", "Rings.");
        _meter.CreateObservableCounter("test.counted", () => counted, "{event}", "Counted.");

        IReadOnlyDictionary<string, double> first = PrometheusReader.Read(Collect());
        counted = 1_234_567_890_123;
        rings.RemoveAt(0);
        IReadOnlyDictionary<string, double> second = PrometheusReader.Read(Collect());

        Assert.Equal((3, 5, 7), (first["test_counted_total"], first["test_rings_bytes/0"], first["test_rings_bytes/1"]));
        Assert.Equal(1_234_567_890_123, second["test_counted_total"]);
        Assert.Equal(7, second["test_rings_bytes/1"]);
        Assert.False(second.ContainsKey("test_rings_bytes/0"));
    }

    [Fact]
    public void Collect_Histogram_HasCumulatedBucketsUpToInfinity()
    {
        PrometheusReader.Require();
        Histogram<double> latency = _meter.CreateHistogram("test.latency", "s", "Latency.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (double value in new[] { 0.05, 0.1, 0.5, 20 })
        {
            latency.Record(value, new KeyValuePair<string, object?>("to", "a"));
        }

        IReadOnlyDictionary<string, double> series = PrometheusReader.Read(Collect());

        Assert.Equal(2, series["test_latency_seconds_bucket/a/0.1"]);
        Assert.Equal(3, series["test_latency_seconds_bucket/a/1"]);
        Assert.Equal(4, series["test_latency_seconds_bucket/a/+Inf"]);
        Assert.Equal(4, series["test_latency_seconds_count/a"]);
        Assert.Equal(20.65, series["test_latency_seconds_sum/a"], 9);
    }

    [Fact]
    public void Collect_NamesAndHelpThatNeedEscapes_AreReadBackAsTheyWere()
    {
        PrometheusReader.Require();
        string sink = "jsonl:/tmp/a \"b\"\\c\nd, ü";
        _meter.CreateObservableCounter("test.odd", () => new Measurement<long>(1, new("sluice.sink.name", sink), new("a.b", 1), new("a-b", true)), null, "One \\ two\nthree \"four\".");

        string text = Collect();

        Assert.Equal(1, PrometheusReader.Read(text)[$"test_odd_total/{sink}/true;1"]);
        Assert.Contains(("test_odd", "counter", "One \\ two\nthree \"four\"."), PrometheusReader.Families(text));
    }

    [Fact]
    public void Collect_Anything_HasTheProcessAndTheRuntimeButNoForeignMeter()
    {
        PrometheusReader.Require();
        using var foreign = new Meter("Sluice.Foreign");
        foreign.CreateObservableGauge("foreign.gauge", () => 1);

        IReadOnlyDictionary<string, double> series = PrometheusReader.Read(Collect());

        Assert.Contains(series, static one => one.Key.StartsWith("target_info/sluice/", StringComparison.Ordinal) && one.Value == 1);
        Assert.True(series["dotnet_process_memory_working_set_bytes"] > 1_000_000);
        Assert.Contains(series.Keys, static key => key.StartsWith("dotnet_process_cpu_time_seconds_total/", StringComparison.Ordinal));
        Assert.DoesNotContain(series.Keys, static key => key.StartsWith("foreign", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Record_FromManyThreadsWhileOthersCollect_CountsEveryValue()
    {
        PrometheusReader.Require();
        Histogram<long> size = _meter.CreateHistogram<long>("test.size", "{event}", "Size.");
        Task[] writers = [.. Enumerable.Range(0, 4).Select(number => Task.Run(() =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                size.Record(i % 10, new KeyValuePair<string, object?>("to", number % 2 == 0 ? "a" : "b"));
            }
        }))];
        Task all = Task.WhenAll(writers);
        while (!all.IsCompleted)
        {
            Collect();
        }

        await all;
        IReadOnlyDictionary<string, double> series = PrometheusReader.Read(Collect());

        Assert.Equal((40_000, 40_000), (series["test_size_count/a"], series["test_size_count/b"]));
    }

    [Fact]
    public void Record_OfKnownAttributes_AllocatesNothing()
    {
        Histogram<double> latency = _meter.CreateHistogram<double>("test.latency", "s", "Latency.");
        Histogram<long> size = _meter.CreateHistogram<long>("test.size", "{event}", "Size.");
        var tag = new KeyValuePair<string, object?>("sluice.sink.name", "one");
        long allocated = long.MaxValue;

        // The first rounds compile the code.
        for (int round = 0; round < 4; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10_000; i++)
            {
                latency.Record(i * 0.001, tag);
                size.Record(i);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private string Collect() => Encoding.UTF8.GetString(_collector.Collect());
}
