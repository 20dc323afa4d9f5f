// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>The part of <c>statx(2)</c> that names a file: which inode it is, and whether that inode was changed or reused.</summary>
/// <param name="DeviceMajor">Major number of the device that <c>st_dev</c> reports.</param>
/// <param name="DeviceMinor">Minor number of the same.</param>
/// <param name="Inode">Inode number.</param>
/// <param name="SizeBytes">Length of the file.</param>
/// <param name="ChangeTimeNs">Time of the inode's last change, ns since 1970.</param>
/// <param name="IsRegular">True for a regular file.</param>
public readonly record struct FileStatus(
    uint DeviceMajor, uint DeviceMinor, ulong Inode, long SizeBytes, long ChangeTimeNs, bool IsRegular)
{
    /// <summary>The device as one number, <c>major &lt;&lt; 32 | minor</c>.</summary>
    public ulong Device => ((ulong)DeviceMajor << 32) | DeviceMinor;
}
