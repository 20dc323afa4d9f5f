// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>Takes what a record holds, in its order.</summary>
public interface IEventReceiver
{
    /// <summary>An event. Its ktime is Unix time already: the clock offset of its stamp is 0.</summary>
    /// <param name="origin">The run that it comes from.</param>
    /// <param name="observedUnixNs">When it was first observed; 0 when the encoding does not say.</param>
    /// <param name="sample">The event in wire format; the memory is the reader's again on return.</param>
    void OnEvent(EventOrigin origin, long observedUnixNs, scoped ReadOnlySpan<byte> sample);

    /// <summary>An event, or the rest of the record, that cannot be taken.</summary>
    /// <param name="problem">What is wrong.</param>
    /// <param name="field">Name of the field that it is about; null for none.</param>
    void OnRefused(EventProblem problem, string? field);
}
