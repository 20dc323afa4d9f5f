// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Tests.Ordering;

/// <summary>One sample on its way to a resequencer; <paramref name="IsGone"/>: it never arrives and the kernel does not know.</summary>
internal sealed record Step(ulong Id, ulong Connection, ulong Sequence, uint LostBefore, bool IsGone, bool EndsDrain);
