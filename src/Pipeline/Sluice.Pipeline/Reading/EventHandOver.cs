// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>The last step of every reader.</summary>
internal static class EventHandOver
{
    /// <summary>Hands on the event that was assembled, or the reason why it is none.</summary>
    /// <param name="assembler">Has all fields.</param>
    /// <param name="receiver">Takes it.</param>
    /// <param name="observedUnixNs">0 where the encoding does not say.</param>
    /// <param name="description">See <see cref="EventAssembler.TryFinish"/>.</param>
    public static void Finish(
        EventAssembler assembler, IEventReceiver receiver, long observedUnixNs = 0, scoped ReadOnlySpan<byte> description = default)
    {
        if (assembler.TryFinish(out EventOrigin origin, out ReadOnlySpan<byte> sample, description))
        {
            receiver.OnEvent(origin, observedUnixNs, sample);
        }
        else
        {
            receiver.OnRefused(assembler.Problem, assembler.ProblemField);
        }
    }
}
