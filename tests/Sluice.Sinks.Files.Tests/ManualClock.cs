// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Files.Tests;

/// <summary>Time that stands still until it is moved.</summary>
internal sealed class ManualClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 19, 0, 0, 123, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
