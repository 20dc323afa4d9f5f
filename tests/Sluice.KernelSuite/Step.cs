// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.KernelSuite;

/// <summary>One line of the report: something that is tried on the running kernel.</summary>
/// <param name="Area">What is tried, such as <c>bytecode</c> or <c>tls</c>.</param>
/// <param name="Variant">The bytecode variant, or - where none is involved.</param>
/// <param name="Subject">The object, probe kind, plan or filter.</param>
/// <param name="Run">Does it and gives the detail for the report; throws when it does not work.</param>
internal sealed record Step(string Area, string Variant, string Subject, Func<string> Run)
{
    /// <summary>What the kernel has to have; where it need not have it, a failure is <see cref="Outcome.Lacking"/>.</summary>
    public KernelFeature[] Needs { get; init; } = [];

    /// <summary>Part of the short run of continuous integration.</summary>
    public bool IsQuick { get; init; }

    public string Name => $"{Area} {Variant} {Subject}";
}
