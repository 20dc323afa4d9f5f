// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.KernelSuite;

/// <summary>A mount namespace in which the kernel shows no BTF, as kernels without CONFIG_DEBUG_INFO_BTF. The rest of the host still sees it.</summary>
internal static class HiddenBtf
{
    // exec, so that the process id and the signals are those of the program itself.
    private const string Script = "mount -t tmpfs tmpfs /sys/kernel/btf && exec env \"$@\"";

    /// <param name="command">Arguments of env(1); so is the result.</param>
    public static List<string> Wrap(List<string> command) => ["unshare", "-m", "sh", "-c", Script, "sh", .. command];
}
