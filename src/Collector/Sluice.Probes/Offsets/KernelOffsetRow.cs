// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;

namespace Sluice.Probes.Offsets;

/// <summary>Where one kernel keeps the fields that the programs read: a row of bpf/offsets/kernel.tsv.</summary>
/// <param name="Machine">The processor, as bpf/Makefile calls it.</param>
/// <param name="Version">The release line, such as 6.1.</param>
/// <param name="Configuration">The kernel that was looked at; others of the line may differ.</param>
/// <param name="Value">The constant <c>kernel</c> of the programs (<c>struct kernel_offsets</c>), as C lays it out.</param>
public sealed record KernelOffsetRow(string Machine, KernelVersion Version, string Configuration, byte[] Value);
