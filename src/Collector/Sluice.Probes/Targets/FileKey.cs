// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf;

namespace Sluice.Probes.Targets;

/// <summary>
/// Names the inode that a uprobe would land on; two paths with equal keys must be probed once.
/// </summary>
/// <remarks>
/// Everywhere but on overlay file systems that is <c>st_dev</c> and <c>st_ino</c> of the opened file. (The numbers in <c>/proc/PID/maps</c> will not do:
/// btrfs shows the device of the whole file system there, and overlay the lower or the upper file's, by kernel version.)
/// Each overlay mount has a device number of its own, yet the kernel puts the uprobe on the file of the layer below, which the containers of one image share:
/// with the device in the key, each of their calls would be reported once per container. For overlay the key is therefore the inode number, which
/// overlay passes through, with the time of the inode's last change in ns, which no two files with the same number on different layers share in practice.
/// </remarks>
/// <param name="Device"><c>major &lt;&lt; 32 | minor</c>, or <see cref="OverlayDevice"/>.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="OverlayChangeTimeNs">Time of the last change on overlay; else 0.</param>
public readonly record struct FileKey(ulong Device, ulong Inode, long OverlayChangeTimeNs)
{
    /// <summary>Stands for all overlay mounts; no real device has it.</summary>
    public const ulong OverlayDevice = ulong.MaxValue;

    public static FileKey Of(in FileStatus status, bool isOnOverlay) => isOnOverlay
        ? new FileKey(OverlayDevice, status.Inode, status.ChangeTimeNs)
        : new FileKey(status.Device, status.Inode, 0);
}
