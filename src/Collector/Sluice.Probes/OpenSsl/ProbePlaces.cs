// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.OpenSsl;

/// <summary>Where a function is probed.</summary>
[Flags]
internal enum ProbePlaces
{
    Entry = 1,
    Return = 2,
    Both = Entry | Return,
}
