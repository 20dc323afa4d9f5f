// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf;

/// <summary>Many probes of one program in one file, as one link (Linux 6.6).</summary>
/// <param name="Path">The binary, best absolute; /proc/PID/root/… reaches a container's file. The kernel keeps the inode, not the path.</param>
/// <param name="Offsets">Offsets of the instructions in the file.</param>
/// <param name="Cookies">What bpf_get_attach_cookie() gives in the program, for each offset.</param>
/// <param name="IsReturn">Fires when the functions at <paramref name="Offsets"/> return.</param>
public sealed record UprobeMultiTarget(string Path, IReadOnlyList<ulong> Offsets, IReadOnlyList<ulong> Cookies, bool IsReturn);
