// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>A process has just mapped a file executable.</summary>
/// <param name="Pid">The process, as this process's PID namespace numbers it.</param>
/// <param name="Major">Major number of the file's device.</param>
/// <param name="Minor">Minor number of the file's device.</param>
/// <param name="Inode">The file's inode; with the device it names the file, whatever its path.</param>
/// <param name="Path">The file's path in the process's own mount namespace; may end in " (deleted)".</param>
public readonly record struct ExecutableMapping(int Pid, uint Major, uint Minor, ulong Inode, string Path);
