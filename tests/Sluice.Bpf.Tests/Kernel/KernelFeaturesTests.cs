// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf.Features;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

public sealed class KernelFeaturesTests
{
    [Fact]
    public void Probe_ThisKernel_AgreesWithItsVersion()
    {
        KernelTest.RequirePrivilege();
        KernelVersion version = HostEnvironment.Read().KernelVersion;

        KernelFeatures features = KernelFeatures.Probe();

        Assert.True(features.Libbpf.IsAvailable, features.Libbpf.Detail);
        Assert.True(features.RingBuffer.IsAvailable == version >= new KernelVersion(5, 8), features.RingBuffer.Detail);
        Assert.True(features.UprobeCookie.IsAvailable == version >= new KernelVersion(5, 15), features.UprobeCookie.Detail);
        Assert.Equal(File.Exists(KernelFeatures.KernelBtfPath), features.Btf.IsAvailable);
        Assert.True(features.Uprobes.IsAvailable, features.Uprobes.Detail);
    }

    [Fact]
    public void TryModernPrograms_ThisKernel_AgreesWithItsVersion()
    {
        KernelTest.RequirePrivilege();

        FeatureProbe modern = KernelFeatures.TryModernPrograms();

        Assert.True(modern.IsAvailable == HostEnvironment.Read().KernelVersion >= new KernelVersion(5, 19), modern.Detail);
    }

    [Fact]
    public void TryKernelReads_KernelThatIsNotLockedDown_Works()
    {
        KernelTest.RequirePrivilege();
        Assert.SkipWhen(HostEnvironment.Read().Lockdown == LockdownMode.Confidentiality, "This kernel is locked down for confidentiality.");

        FeatureProbe reads = KernelFeatures.TryKernelReads();

        Assert.True(reads.IsAvailable, reads.Detail);
    }

    [Fact]
    public void Probe_BtfFileThatIsMissing_NamesIt() =>
        Assert.Contains("/no/such.btf", KernelFeatures.Probe("/no/such.btf").Btf.Detail, StringComparison.Ordinal);
}
