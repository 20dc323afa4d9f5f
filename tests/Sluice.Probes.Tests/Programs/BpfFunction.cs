// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Probes.Tests.Programs;

/// <summary>A program of an object, or a function that programs call.</summary>
/// <param name="Name">The C function.</param>
/// <param name="Instructions">All of them, in order.</param>
/// <param name="Called">The object's functions that it calls.</param>
internal sealed record BpfFunction(string Name, IReadOnlyList<BpfInstruction> Instructions, IReadOnlyList<string> Called);
