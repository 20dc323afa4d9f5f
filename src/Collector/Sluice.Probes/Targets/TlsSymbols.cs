// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;

namespace Sluice.Probes.Targets;

/// <summary>The probed functions that a file has, as offsets in that file. Immutable.</summary>
public sealed class TlsSymbols
{
    private readonly Dictionary<string, ulong> _offsets;

    /// <param name="offsets">Function name to file offset; the functions of <see cref="TlsFunctions.All"/> that exist.</param>
    public TlsSymbols(IReadOnlyDictionary<string, ulong> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        _offsets = new Dictionary<string, ulong>(offsets, StringComparer.Ordinal);
        Points = TlsFunctions.All
            .Where(_offsets.ContainsKey)
            .GroupBy(name => _offsets[name])
            .Select(group => new TlsProbePoint(group.Key, group.First(), [.. group.Skip(1)]))
            .ToArray();
    }

    /// <summary>Each address once, aliases grouped.</summary>
    public IReadOnlyList<TlsProbePoint> Points { get; }

    /// <summary>The required functions that are missing; empty when this is a target.</summary>
    public IReadOnlyList<string> Missing => [.. TlsFunctions.Required.Where(name => !_offsets.ContainsKey(name))];

    /// <summary>Looks a function up by its own name, alias or not.</summary>
    public bool TryGetOffset(string name, out ulong fileOffset) => _offsets.TryGetValue(name, out fileOffset);
}
