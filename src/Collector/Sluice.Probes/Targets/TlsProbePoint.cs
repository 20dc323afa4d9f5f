// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Probes.Targets;

/// <summary>One address in a library to put probes on.</summary>
/// <param name="FileOffset">Offset in the file, as uprobes take it.</param>
/// <param name="Name">The function; the first of <see cref="TlsFunctions.All"/> that lies here.</param>
/// <param name="Aliases">Other functions at the same address. Attaching those too would report each call twice.</param>
public sealed record TlsProbePoint(ulong FileOffset, string Name, IReadOnlyList<string> Aliases);
