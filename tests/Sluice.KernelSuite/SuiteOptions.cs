// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;

namespace Sluice.KernelSuite;

/// <summary>The suite's command line.</summary>
internal sealed record SuiteOptions
{
    /// <summary>JSON lines go here; - for standard output, between the readable ones.</summary>
    public string? ReportPath { get; private init; }

    /// <summary>The program under test.</summary>
    public string Sluice { get; private init; } = Path.Combine(AppContext.BaseDirectory, "sluice");

    /// <summary>The folder with this machine's bytecode objects.</summary>
    public string Bytecode { get; private init; } = Path.Combine(AppContext.BaseDirectory, "bpf");

    /// <summary>Only steps whose name contains one of these; all when empty.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Only the steps of the short run.</summary>
    public bool IsQuick { get; private init; }

    /// <summary>The kernel is this run's own, and may be left unusable.</summary>
    public bool IsGuest { get; private init; }

    /// <exception cref="ArgumentException">An unknown option, or one without its value.</exception>
    public static SuiteOptions Parse(ReadOnlySpan<string> arguments)
    {
        SuiteOptions options = new();
        List<string> only = [];
        for (int i = 0; i < arguments.Length; i++)
        {
            string Value(ReadOnlySpan<string> all) => ++i < all.Length ? all[i] : throw new ArgumentException($"{all[i - 1]} needs a value.");
            switch (arguments[i])
            {
                case "--report": options = options with { ReportPath = Value(arguments) }; break;
                case "--sluice": options = options with { Sluice = Path.GetFullPath(Value(arguments)) }; break;
                case "--bytecode": options = options with { Bytecode = Path.GetFullPath(Value(arguments)) }; break;
                case "--only": only.Add(Value(arguments)); break;
                case "--guest": options = options with { IsGuest = true }; break;
                case "--quick": options = options with { IsQuick = true }; break;
                default: throw new ArgumentException($"Unknown option '{arguments[i]}'; there are --report FILE, --sluice FILE, --bytecode DIR, --only TEXT, --quick, --guest.");
            }
        }

        return options with { Only = only };
    }

    public bool Includes(Step step)
    {
        bool named = Only.Count == 0;
        foreach (string text in Only)
        {
            named |= step.Name.Contains(text, StringComparison.Ordinal);
        }

        return named && (!IsQuick || step.IsQuick);
    }
}
