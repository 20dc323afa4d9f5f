// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Sluice.Collector.Configuration;

/// <summary>Something in a configuration file that cannot be.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Problem">Which key, which value, and what is allowed.</param>
internal sealed record ConfigMistake(string File, long Line, long Column, string Problem)
{
    /// <summary>As compilers write it, so that editors find the place.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Problem}");
}
