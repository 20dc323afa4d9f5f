// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Offsets;

/// <summary>The row that fits a library, and how sure that is.</summary>
/// <param name="Row">The row.</param>
/// <param name="IsMeasured">
/// False when the version is newer than every measured one of its release line, so that the line's last row is the best guess.
/// </param>
public sealed record TlsLayoutChoice(TlsLayoutRow Row, bool IsMeasured);
