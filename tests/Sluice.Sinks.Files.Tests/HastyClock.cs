// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Sinks.Files.Tests;

/// <summary>A clock whose timers are over after a twentieth of a second, whatever they were set to.</summary>
internal sealed class HastyClock : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, TimeSpan.FromMilliseconds(50), period);
}
