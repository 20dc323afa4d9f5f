// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Wire;
using Sluice.Probes;
using Sluice.Probes.Connections;
using Sluice.Probes.OpenSsl;

namespace Sluice.Collector.Hosting;

/// <summary>Makes capture modules by name.</summary>
internal static class ModuleFactory
{
    /// <param name="name">One of <see cref="ModuleNames.Available"/>.</param>
    /// <param name="loggers">For what the module has to say.</param>
    public static ICaptureModule Create(string name, ILoggerFactory loggers) => name switch
    {
        ModuleNames.Tls => new OpenSslModule(loggers.CreateLogger("tls")),
        ModuleNames.Connections => new ConnectionsModule(loggers.CreateLogger("connections")),
        _ => throw new ArgumentException($"There is no module '{name}'.", nameof(name)),
    };

    /// <summary>The module's BPF object, by its name without a variant.</summary>
    public static string BytecodeOf(string name) => name switch
    {
        ModuleNames.Tls => ModuleBytecode.OpenSsl,
        ModuleNames.Connections => ModuleBytecode.Connections,
        _ => throw new ArgumentException($"There is no module '{name}'.", nameof(name)),
    };

    /// <summary>The kinds of events that a run of these modules can produce.</summary>
    public static IReadOnlyList<EventKind> EventKinds(IReadOnlyList<string> names) =>
        [.. names.Select(static name => name switch
        {
            ModuleNames.Tls => EventKind.TlsData,
            ModuleNames.Connections => EventKind.Connection,
            _ => throw new ArgumentException($"There is no module '{name}'.", nameof(names)),
        }).Distinct(), EventKind.CaptureLoss];
}
