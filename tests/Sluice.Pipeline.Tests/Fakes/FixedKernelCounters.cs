// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Kernel counters that a test sets.</summary>
internal sealed class FixedKernelCounters : IKernelCounters
{
    private Func<KernelCounts> _read;

    public FixedKernelCounters(KernelCounts counts = default) => _read = () => counts;

    public void Set(KernelCounts counts) => _read = () => counts;

    public void Set(Func<KernelCounts> read) => _read = read;

    public KernelCounts Read() => _read();
}
