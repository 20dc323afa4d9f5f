// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Collector.Configuration;

/// <summary>A configuration file cannot be used; carries every mistake in it.</summary>
internal sealed class ConfigException : Exception
{
    public ConfigException(string file, IReadOnlyList<ConfigMistake> mistakes)
        : base(mistakes.Count == 1 ? $"1 mistake in '{file}'." : $"{mistakes.Count} mistakes in '{file}'.") => Mistakes = mistakes;

    /// <summary>In the order of the file; at least one.</summary>
    public IReadOnlyList<ConfigMistake> Mistakes { get; }
}
