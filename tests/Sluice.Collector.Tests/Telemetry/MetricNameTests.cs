// SPDX-License-Identifier: Apache-2.0
using Sluice.Collector.Telemetry.Prometheus;
using Xunit;

namespace Sluice.Collector.Tests.Telemetry;

public sealed class MetricNameTests
{
    [Theory]
    [InlineData("sluice.ledger.kernel_lost", "{event}", 'c', "sluice_ledger_kernel_lost_total")]
    [InlineData("sluice.sink.queue.bytes", "By", 'g', "sluice_sink_queue_bytes")]
    [InlineData("sluice.ring.used", "By", 'g', "sluice_ring_used_bytes")]
    [InlineData("sluice.pipeline.latency", "s", 'h', "sluice_pipeline_latency_seconds")]
    [InlineData("dotnet.process.cpu.time", "s", 'c', "dotnet_process_cpu_time_seconds_total")]
    [InlineData("already.total", null, 'c', "already_total")]
    [InlineData("already.seconds.total", "s", 'c', "already_seconds_total")]
    [InlineData("share", "1", 'g', "share_ratio")]
    [InlineData("count.of.one", "1", 'c', "count_of_one_total")]
    [InlineData("speed", "By/s", 'g', "speed_bytes_per_second")]
    [InlineData("rate", "{event}/s", 'g', "rate_per_second")]
    [InlineData("load", "%", 'g', "load_percent")]
    [InlineData("a..b--c", "", 'g', "a_b_c")]
    [InlineData("1st.place", null, 'g', "_1st_place")]
    [InlineData("odd.unit", "foo!bar", 'g', "odd_unit_foo_bar")]
    [InlineData("keeps:colon", null, 'g', "keeps:colon")]
    public void Name_OfAnInstrument_BecomesWhatTheMappingSays(string name, string? unit, char kind, string expected)
    {
        MetricKind metricKind = kind switch
        {
            'c' => MetricKind.Counter,
            'h' => MetricKind.Histogram,
            _ => MetricKind.Gauge,
        };

        Assert.Equal(expected, MetricName.Of(name, unit, metricKind));
    }

    [Theory]
    [InlineData("sluice.sink.name", "sluice_sink_name")]
    [InlineData("9lives", "_9lives")]
    [InlineData("a:b", "a_b")]
    public void Label_OfAnAttribute_HasOnlyLettersDigitsAndUnderscores(string attribute, string expected) =>
        Assert.Equal(expected, MetricName.OfLabel(attribute));
}
