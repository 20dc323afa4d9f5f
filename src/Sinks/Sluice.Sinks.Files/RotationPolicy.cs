// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Files;

/// <summary>When a file is finished and the next one begun.</summary>
/// <param name="MaxBytes">Before it would grow past this size; null = at any size.</param>
/// <param name="MaxAge">At the first event after this time; null = at any age.</param>
/// <param name="Keep">Finished files that are kept, the newest; 0 = all.</param>
public sealed record RotationPolicy(long? MaxBytes = null, TimeSpan? MaxAge = null, int Keep = 0);
