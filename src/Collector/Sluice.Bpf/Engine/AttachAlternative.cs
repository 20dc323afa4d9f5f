// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf.Engine;

/// <summary>One way of doing a job: probes that belong together. The kernel accepts it when it accepts each of them that is not optional.</summary>
/// <param name="Name">Such as <c>fentry</c>; by it a user withholds the alternative, and <c>doctor</c> tells of it.</param>
/// <param name="Probes">Ids of probes of the declaration.</param>
public sealed record AttachAlternative(string Name, IReadOnlyList<string> Probes);
