// SPDX-License-Identifier: Apache-2.0
namespace Sluice.KernelSuite;

internal enum Outcome
{
    Pass,
    Fail,

    /// <summary>Tried, refused by the kernel, and <see cref="KernelFeature"/> says that this kernel need not have it.</summary>
    Lacking,
}
