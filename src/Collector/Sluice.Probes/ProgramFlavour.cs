// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes;

/// <summary>Which programs of an object are loaded; <c>enum flavour</c> in bpf/include/variant.h.</summary>
internal enum ProgramFlavour
{
    /// <summary>Use what came up to Linux 5.19 (<see cref="Sluice.Bpf.Features.KernelFeatures.TryModernPrograms"/>).</summary>
    Modern,

    /// <summary>Use nothing that came after Linux 5.8; in objects for kernels before 5.2, nothing after 5.1.</summary>
    Plain,
}
