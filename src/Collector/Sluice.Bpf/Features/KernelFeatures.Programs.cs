// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;

namespace Sluice.Bpf.Features;

public sealed partial record KernelFeatures
{
    /// <summary>Programs may read the kernel's memory: not where it is locked down for confidentiality (Linux 5.10.43 and 5.13; before, the reads themselves fail).</summary>
    public static FeatureProbe TryKernelReads() => ProgramTrial.KernelReads();

    /// <summary>
    /// Programs may use what came up to Linux 5.19: atomic operations that return the old value (5.12), attach cookies (5.15), <c>bpf_loop</c> (5.17)
    /// and dynamic pointers into ring buffers (5.19). The detail of a refusal is that of the first that is missing.
    /// </summary>
    public static FeatureProbe TryModernPrograms()
    {
        Func<FeatureProbe>[] trials =
        [
            ProgramTrial.FetchingAtomics,
            ProgramTrial.Cookie,
            () => ProgramTrial.Helper(ProgramTrial.BPF_FUNC_loop, "bpf_loop"),
            () => ProgramTrial.Helper(ProgramTrial.BPF_FUNC_ringbuf_reserve_dynptr, "bpf_ringbuf_reserve_dynptr"),
        ];
        foreach (FeatureProbe answer in trials.Select(trial => trial()).Where(answer => !answer.IsAvailable))
        {
            return answer;
        }

        return new FeatureProbe(true, "fetching atomics, attach cookies, bpf_loop and ring buffer dynptrs are there");
    }
}
