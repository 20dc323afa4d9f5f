// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Selection;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Hosting;
using Sluice.Collector.Telemetry;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;
using YamlDotNet.RepresentationModel;

namespace Sluice.Collector.Configuration;

/// <summary>
/// Turns the nodes of a configuration file into what the command line would have asked for. Every value goes through the check of its option, under the name of
/// its key; all mistakes are collected before any is told.
/// </summary>
internal sealed class ConfigReader
{
    private readonly ConfigMistakes _mistakes;
    private readonly YamlMappingNode? _rootNode;
    private readonly ConfigSection _root;
    private readonly ConfigSection _filters;
    private readonly ConfigSection _tls;
    private readonly ConfigSection _kernel;
    private readonly ConfigSection _limits;
    private readonly ConfigSection _telemetry;

    /// <param name="root">Null for an empty file.</param>
    /// <param name="mistakes">Collects what cannot be.</param>
    public ConfigReader(YamlMappingNode? root, ConfigMistakes mistakes)
    {
        _mistakes = mistakes;
        _rootNode = root;
        _root = new ConfigSection(root, ConfigKeys.Root, mistakes);
        _filters = _root.Section(ConfigKeys.Filters);
        _tls = _root.Section(ConfigKeys.Tls);
        _kernel = _root.Section(ConfigKeys.Kernel);
        _limits = _root.Section(ConfigKeys.Limits);
        _telemetry = _root.Section(ConfigKeys.Telemetry);
    }

    /// <exception cref="ConfigException">There are mistakes, in this or noted before.</exception>
    public RunConfiguration Read(string path)
    {
        IReadOnlyList<string> modules = ReadModules();
        bool hex = ReadFlag(_root, "hex");
        Value<string?>(_tls, "mode", (key, text) =>
        {
            CaptureSettingsReader.CheckMode(key, text);
            return text;
        });
        var sinks = new ConfigSinks(_mistakes, hex, ModuleFactory.EventKinds(modules));
        sinks.Read(_root.Nodes("sinks"));
        if (hex && !RunSettingsReader.HasConsole(sinks.Sinks))
        {
            _mistakes.Add(_root.Scalar("hex")!, "hex: only the console shows payloads as text, and no console sink is asked for.");
        }

        var settings = new CaptureSettings
        {
            Modules = modules,
            Sinks = sinks.Sinks,
            Capture = ReadCapture(),
            Hex = hex,
            LedgerPath = ReadOutputFile("ledger", sinks.Sinks),
            ReadyFilePath = ReadOutputFile("ready-file", sinks.Sinks),
            Duration = Value(_limits, "duration", CaptureSettingsReader.ReadDuration),
            MaxEvents = Value(_limits, "max-events", RunSettingsReader.ReadMaxEvents),
            DrainTimeout = Value(_limits, "drain-timeout", RunSettingsReader.ReadDrainTimeout),
            LogLevel = Value(_root, "log-level", RunSettingsReader.ReadLogLevel),
            Telemetry = new TelemetrySettings
            {
                Listen = Value(_telemetry, "listen", TelemetrySettingsReader.ReadListen),
                Otlp = Value(_telemetry, "otlp", TelemetrySettingsReader.ReadOtlp),
            },
        };
        _mistakes.ThrowIfAny();
        return new RunConfiguration(path, settings, sinks.Texts);
    }

    private IReadOnlyList<string> ReadModules()
    {
        var modules = new List<string>();
        IReadOnlyList<YamlScalarNode> nodes = _root.Scalars("modules");
        foreach (YamlScalarNode node in nodes)
        {
            _mistakes.Try(
                node,
                () =>
                {
                    ModuleNames.Check([.. modules, node.Value!]);
                    modules.Add(node.Value!);
                    return true;
                },
                fallback: false,
                prefix: "modules: ");
        }

        if (nodes.Count == 0)
        {
            _mistakes.Add(_rootNode?.Start ?? YamlDotNet.Core.Mark.Empty, $"modules: none is given; modules of this version: {string.Join(", ", ModuleNames.Available)}.");
        }

        return modules;
    }

    private CaptureOptions ReadCapture()
    {
        BytecodeMode bytecode = Value(_kernel, "btf", CaptureSettingsReader.ReadFlavour);
        return new CaptureOptions
        {
            FiltersMayChange = true,
            Pids = Values(_filters, "pid", CaptureSettingsReader.ReadPid),
            Uids = Values(_filters, "uid", UserIds.Resolve),
            CgroupPaths = Values(_filters, "cgroup", CgroupPath.Resolve),
            LibraryPaths = Values(_tls, "lib", CaptureSettingsReader.InputFile),
            Transport = Value(_kernel, "transport", CaptureSettingsReader.ReadTransport),
            MapSizePages = Value(_kernel, "mapsize", CaptureSettingsReader.ReadMapSize),
            PayloadLimitBytes = Value(_limits, "payload-limit", CaptureSettingsReader.ReadPayloadLimit),
            UdpIdle = Value(_limits, "udp-idle", CaptureSettingsReader.ReadUdpIdle),
            BtfFile = Value(_kernel, "btf-file", (key, text) => CaptureSettingsReader.ReadBtfFile(key, text, bytecode)),
            Bytecode = bytecode,
            KernelVersion = KernelVersionOverride.Read(),
            Without = WithheldFeatureList.Read(),
        };
    }

    private string? ReadOutputFile(string name, IReadOnlyList<SinkUri> sinks) =>
        Value(_root, name, (key, text) => RunSettingsReader.ReadOutputFile(key, text, sinks));

    private bool ReadFlag(ConfigSection section, string name) => Value(section, name, static (key, text) => text switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new UsageException($"{key} '{text}': true or false is wanted."),
    });

    /// <summary>What the option's check makes of the value; of null when the key is not there.</summary>
    private T Value<T>(ConfigSection section, string name, Func<string, string?, T> read)
    {
        string key = section.PathOf(name);
        return section.Scalar(name) is { } node ? _mistakes.Try(node, () => read(key, node.Value), read(key, null)) : read(key, null);
    }

    private IReadOnlyList<T> Values<T>(ConfigSection section, string name, Func<string, string, T> read)
    {
        var values = new List<T>();
        foreach (YamlScalarNode node in section.Scalars(name))
        {
            _mistakes.Try(
                node,
                () =>
                {
                    values.Add(read(section.PathOf(name), node.Value!));
                    return true;
                },
                fallback: false);
        }

        return [.. values.Distinct()];
    }
}
