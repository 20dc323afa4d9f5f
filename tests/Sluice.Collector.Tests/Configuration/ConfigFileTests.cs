// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Selection;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Configuration;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Collector.Tests.Configuration;

public sealed class ConfigFileTests
{
    [Fact]
    public void Parse_NothingButModules_TakesTheDefaultsOfTheCommandLine()
    {
        CaptureSettings settings = Parse("modules: tls").Settings;

        Assert.Equal(["tls"], settings.Modules);
        Assert.Equal("console", Assert.Single(settings.Sinks).Scheme);
        Assert.Equal((CaptureTransport.Auto, null, 0ul), (settings.Capture.Transport, settings.Capture.MapSizePages, settings.Capture.PayloadLimitBytes));
        Assert.Equal((RunSettings.DefaultDrainTimeout, LogLevel.Information), (settings.DrainTimeout, settings.LogLevel));
        Assert.True(settings.Capture.FiltersMayChange);
    }

    [Fact]
    public void Parse_EveryKey_ReachesItsSetting()
    {
        CaptureSettings settings = Parse($$"""
            modules: [connections, tls]
            filters:
              pid: [1, {{Environment.ProcessId}}, 1]
              uid: [root, 33]
            tls: { lib: /bin/sh, mode: text }
            kernel: { transport: perf, mapsize: 64, btf: core }
            sinks: [console:, "null:"]
            hex: true
            limits: { payload-limit: 4KiB, udp-idle: 5s, duration: 5m, max-events: 10, drain-timeout: 3s }
            telemetry: { listen: "127.0.0.1:9464", otlp: "otlp+http://127.0.0.1:4318" }
            ledger: /tmp/ledger
            ready-file: /tmp/ready
            log-level: warn
            """).Settings;

        Assert.Equal(["connections", "tls"], settings.Modules);
        CaptureOptions capture = settings.Capture;
        Assert.Equal([1, Environment.ProcessId], capture.Pids);
        Assert.Equal([0u, 33u], capture.Uids);
        Assert.Equal(["/bin/sh"], capture.LibraryPaths);
        Assert.Equal((CaptureTransport.Perf, 64, BytecodeMode.Core, 4096ul), (capture.Transport, capture.MapSizePages, capture.Bytecode, capture.PayloadLimitBytes));
        Assert.Equal((true, TimeSpan.FromMinutes(5), 10L, TimeSpan.FromSeconds(3)), (settings.Hex, settings.Duration, settings.MaxEvents, settings.DrainTimeout));
        Assert.Equal(("/tmp/ledger", "/tmp/ready", LogLevel.Warning), (settings.LedgerPath, settings.ReadyFilePath, settings.LogLevel));
    }

    [Fact]
    public void Parse_SinkAsMapping_IsTheSinkOfTheUri()
    {
        RunConfiguration configuration = Parse("""
            modules: tls
            sinks:
              - uri: jsonl:/tmp/a.jsonl
                name: a & b = 100%
                rotate-size: 1MiB
              - uri: kafka://127.0.0.1:9092/tls?encoding=msgpack
                overflow: drop-newest
                config: { client.id: "x&y" }
            """);

        Assert.Equal(
            ["jsonl:/tmp/a.jsonl?name=a%20%26%20b%20%3D%20100%25&rotate-size=1MiB", "kafka://127.0.0.1:9092/tls?encoding=msgpack&overflow=drop-newest&config.client.id=x%26y"],
            configuration.SinkTexts);
        Assert.Equal("a & b = 100%", configuration.Settings.Sinks[0].Name);
        Assert.Equal(OverflowPolicy.DropNewest, configuration.Settings.Sinks[1].Overflow);
    }

    [Theory]
    [InlineData("[console:, null:]")]
    [InlineData("\n- console:\n- null:")]
    [InlineData("['console:', 'null:']")]
    public void Parse_SinkWithNothingBehindItsColon_NeedsNoQuotes(string sinks) =>
        Assert.Equal(["console:", "null:"], Parse("modules: tls\nsinks: " + sinks).SinkTexts);

    [Fact]
    public void Parse_ManyMistakes_NamesEachWithItsPlaceAndKey()
    {
        ConfigException refusal = Refuse("""
            modules: [tls, nope]
            filter: { pid: 1 }
            filters:
              pid: [1, x]
              uids: [root]
            drain-timeout: 3s
            sinks:
              - jsonl:/tmp/a?rotate-sise=1&rotate-time=x
              - uri: kafka://127.0.0.1:1/t
                encoding: xml
                config:
                  sasl.password: "@file:/no/such"
              - jsonl:/tmp/a
              - uri: jsonl:/tmp/a
                name: two
              - [a]
            kernel:
              transport:
              mapsize: 3
            limits: [1]
            log-level: loud
            hex: true
            """);

        (long Line, long Column, string Says)[] expected =
        [
            (1, 16, "modules: unknown module 'nope'"),
            (2, 1, "filter: unknown key; did you mean filters?"),
            (4, 12, "filters.pid 'x': a whole number"),
            (5, 3, "filters.uids: unknown key in filters; did you mean filters.uid?"),
            (6, 1, "drain-timeout: unknown key; did you mean limits.drain-timeout?"),
            (8, 5, "sinks[0]: Sink 'jsonl:/tmp/a': option 'rotate-time' is 'x'"),
            (8, 5, "sinks[0]: Sink 'jsonl:/tmp/a': unknown option 'rotate-sise'"),
            (10, 15, "sinks[1]: Sink 'kafka://127.0.0.1:1/t': option 'encoding' is 'xml'"),
            (12, 22, "option 'config.sasl.password' refers to the file '/no/such'"),
            (14, 5, "sinks[3]: 'jsonl:/tmp/a': another sink already writes to this file"),
            (16, 5, "sinks[4]: a sink URI is wanted"),
            (18, 13, "kernel.transport: the value is missing"),
            (19, 12, "kernel.mapsize '3': a power of two"),
            (20, 9, "limits: keys with values is wanted"),
            (21, 12, "log-level 'loud': trace, debug"),
            (22, 6, "hex: only the console"),
        ];
        Assert.Equal(expected.Select(static e => (e.Line, e.Column)), refusal.Mistakes.Select(static m => (m.Line, m.Column)));
        Assert.All(expected.Zip(refusal.Mistakes), static pair => Assert.Contains(pair.First.Says, pair.Second.Problem, StringComparison.Ordinal));
        Assert.StartsWith("test.yaml:1:16: modules: ", refusal.Mistakes[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1, "modules: none is given")]
    [InlineData("# nothing", 1, "modules: none is given")]
    [InlineData("modules:", 1, "modules: none is given")]
    [InlineData("- tls", 1, "not a configuration")]
    [InlineData("tls", 1, "not a configuration")]
    [InlineData("modules: [tls\n", 2, "not YAML")]
    [InlineData("modules: [tls]\nmodules: [tls]", 2, "Duplicate key")]
    [InlineData("modules: tls\n\tx: 1", 1, "not YAML")]
    [InlineData("modules: tls\n---\nmodules: tls", 3, "a second document")]
    [InlineData("modules: tls\nsinks: &a [*a]", 2, "")]
    [InlineData("modules: tls\nkernel: {btf: noncore, btf-file: /etc/passwd}", 2, "uses no BTF")]
    [InlineData("modules: tls\nledger: /tmp/x\nsinks: ['jsonl:/tmp/x']", 2, "writes to this file already")]
    [InlineData("modules: tls\nsinks:\n- uri: 'null:'\n  a b: 1", 4, "an option's name is wanted")]
    [InlineData("modules: tls\nsinks:\n- uri: 'null:'\n  a: {b: {c: 1}}", 4, "one value is wanted")]
    [InlineData("modules: tls\nsinks:\n- name: x", 3, "sinks[0].uri: the URI of the sink is missing")]
    [InlineData("modules: tls\nfilters: {cgroup: /no/such}", 2, "filters.cgroup '/no/such': no such cgroup")]
    [InlineData("? [a]\n: b\nmodules: tls", 1, "unknown key")]
    public void Parse_WhatCannotBe_IsNamedAtItsLine(string text, int line, string says)
    {
        ConfigMistake mistake = Assert.Single(Refuse(text).Mistakes);

        Assert.Equal(line, mistake.Line);
        Assert.Contains(says, mistake.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_SpoiledText_IsReadOrRefusedButNeverThrowsAnythingElse()
    {
        string text = File.ReadAllText(RepositoryFile.PathOf("docs/examples/sluice.yaml"));
        var random = new Random(42);
        for (int i = 0; i < 400; i++)
        {
            var spoiled = new System.Text.StringBuilder(text[..random.Next(1, text.Length)]);
            for (int j = random.Next(4); j > 0; j--)
            {
                spoiled[random.Next(spoiled.Length)] = "[]{}:,&*!|>'\"%@`-?#\t\n x\0"[random.Next(24)];
            }

            try
            {
                ConfigFile.Parse("test.yaml", spoiled.ToString());
            }
            catch (ConfigException e)
            {
                Assert.NotEmpty(e.Mistakes);
            }
        }
    }

    [Fact]
    public void Parse_Example_HasNoMistakes()
    {
        string path = RepositoryFile.PathOf("docs/examples/sluice.yaml");

        RunConfiguration configuration = ConfigFile.Read(path);

        Assert.Equal(["jsonl", "kafka", "raw"], configuration.Settings.Sinks.Select(static sink => sink.Scheme));
    }

    /// <summary>Every option of the command line has a key, and every key stands in the document with its option.</summary>
    [Fact]
    public void Document_Keys_AreThoseOfTheProgramAndOfTheCommandLine()
    {
        string[] rows = [.. File.ReadLines(RepositoryFile.PathOf("docs/configuration.md")).Where(static line => line.StartsWith("| `", StringComparison.Ordinal))];
        string[] keys = [.. rows.Select(static row => row.Split('`')[1])];
        string[] options = [.. rows.Select(static row => row.Split('`')[3])];
        string[] sections = [ConfigKeys.Filters, ConfigKeys.Tls, ConfigKeys.Kernel, ConfigKeys.Limits, ConfigKeys.Telemetry];

        Assert.Equal(
            ConfigKeys.BySection.SelectMany(static section => section.Value, static (section, key) => ConfigKeys.PathOf(section.Key, key)).Except(sections).Order(StringComparer.Ordinal),
            keys.Order(StringComparer.Ordinal));
        Assert.Equal(CaptureOptionNames().Append("MODULE…").Order(StringComparer.Ordinal), options.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void FixedDifferences_EveryKeyThatIsNotReloaded_IsNamed()
    {
        RunConfiguration before = Parse("modules: tls\nfilters: {uid: 0}\nlog-level: info\nsinks: ['null:']");
        RunConfiguration after = Parse($$"""
            modules: [connections]
            filters: { uid: 33, pid: {{Environment.ProcessId}} }
            tls: { lib: /bin/sh }
            kernel: { transport: perf, mapsize: 64, btf: core }
            sinks: ["null:?queue-bytes=1MiB", console:]
            hex: true
            limits: { payload-limit: 4KiB, udp-idle: 5s, duration: 5m, max-events: 10, drain-timeout: 3s }
            telemetry: { listen: "127.0.0.1:9464", otlp: "otlp+http://127.0.0.1:4318" }
            ledger: /tmp/ledger
            ready-file: /tmp/ready
            log-level: warn
            """);

        string[] reloaded = ["filters.pid", "filters.uid", "filters.cgroup", "log-level"];

        // tls.mode has one value in this version, and a BTF file belongs to a kernel.
        Assert.Equal(
            ConfigKeys.BySection.SelectMany(static section => section.Value, static (section, key) => ConfigKeys.PathOf(section.Key, key))
                .Except([.. reloaded, "tls.mode", "kernel.btf-file", ConfigKeys.Filters, ConfigKeys.Tls, ConfigKeys.Kernel, ConfigKeys.Limits, ConfigKeys.Telemetry]).Order(StringComparer.Ordinal),
            before.FixedDifferences(after).Order(StringComparer.Ordinal));
        Assert.Empty(before.FixedDifferences(before));
    }

    private static IEnumerable<string> CaptureOptionNames() =>
        new CaptureCommand(static _ => throw new InvalidOperationException()).Options.Select(static option => option.Name);

    private static RunConfiguration Parse(string text) => ConfigFile.Parse("test.yaml", text);

    private static ConfigException Refuse(string text) => Assert.Throws<ConfigException>(() => Parse(text));
}
