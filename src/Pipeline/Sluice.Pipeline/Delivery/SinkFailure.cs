// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Delivery;

/// <summary>A sink that cannot go on. It takes nothing more; what it did not take is counted as dropped for <paramref name="Reason"/>.</summary>
/// <param name="SinkName">The sink's name in the ledger.</param>
/// <param name="Reason">The cause under which its samples are counted from now on.</param>
/// <param name="EndsQuietly">True for a normal end of the program (the reader of our output pipe went away).</param>
/// <param name="Exception">A <see cref="SinkException"/> with a message for the user, or whatever the sink threw by mistake.</param>
public sealed record SinkFailure(string SinkName, DropReason Reason, bool EndsQuietly, Exception Exception);
