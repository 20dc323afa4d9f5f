// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Probes.Targets;

/// <summary>What a full scan found.</summary>
/// <param name="Found">Every target, mapped or standing.</param>
/// <param name="ProcessCount">Processes whose mappings were read.</param>
/// <param name="UnreadableProcessCount">Processes whose mappings may not be read; what they use is not known.</param>
public sealed record TargetScan(IReadOnlyList<FoundTarget> Found, int ProcessCount, int UnreadableProcessCount);
