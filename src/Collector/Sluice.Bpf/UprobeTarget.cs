// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>Where a user-space probe sits.</summary>
/// <param name="Path">The binary, best absolute; /proc/PID/root/… reaches a container's file. The kernel keeps the inode, not the path.</param>
/// <param name="Offset">Offset of the instruction in the file (not its virtual address).</param>
/// <param name="IsReturn">Fires when the function at <paramref name="Offset"/> returns.</param>
/// <param name="Pid">One process, or <see cref="AllProcesses"/>.</param>
/// <param name="Cookie">What bpf_get_attach_cookie() gives in the program (Linux 5.15); 0 asks for no cookie.</param>
public readonly record struct UprobeTarget(string Path, ulong Offset, bool IsReturn, int Pid, ulong Cookie)
{
    /// <summary>The <see cref="Pid"/> for every process that maps the file, now or later.</summary>
    public const int AllProcesses = -1;
}
