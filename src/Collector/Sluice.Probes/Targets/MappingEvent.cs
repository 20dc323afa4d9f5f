// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Targets;

/// <summary>A new executable file mapping, with the file's device and inode as the kernel's mmap record has them.</summary>
internal readonly record struct MappingEvent(int Pid, uint Major, uint Minor, ulong Inode, string Path);
