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
        Assert.True(features.PerfEventArray.IsAvailable, features.PerfEventArray.Detail);
        Assert.True(features.RawTracepoint.IsAvailable, features.RawTracepoint.Detail);
        Assert.True(features.FetchingAtomics.IsAvailable == version >= new KernelVersion(5, 12), features.FetchingAtomics.Detail);
        Assert.True(features.Loop.IsAvailable == version >= new KernelVersion(5, 17), features.Loop.Detail);
        Assert.True(features.Dynptr.IsAvailable == version >= new KernelVersion(5, 19), features.Dynptr.Detail);
        Assert.True(features.UprobeMulti.IsAvailable == version >= new KernelVersion(6, 6), features.UprobeMulti.Detail);
        Assert.True(features.Tcx.IsAvailable == version >= new KernelVersion(6, 6), features.Tcx.Detail);
        Assert.True(features.Clsact.IsAvailable, features.Clsact.Detail);
        Assert.True(features.CgroupSkb.IsAvailable, features.CgroupSkb.Detail);
        Assert.True(features.Sockops.IsAvailable, features.Sockops.Detail);
        Assert.True(features.BtfTracepoint.IsAvailable == features.Btf.IsAvailable, features.BtfTracepoint.Detail);
        Assert.Equal(File.Exists("/sys/bus/event_source/devices/kprobe/type"), features.Kprobe.IsAvailable);
        Assert.Equal(features.Dynptr.IsAvailable, KernelFeatures.TryModernPrograms().IsAvailable);
        Assert.True(features.Uprobes.IsAvailable, features.Uprobes.Detail);
    }

    [Fact]
    public void Probe_Anywhere_LeavesNothingOpen()
    {
        KernelTest.RequirePrivilege();
        KernelFeatures.Probe();
        KernelObjects before = KernelObjects.Count();

        KernelFeatures.Probe();

        Assert.Equal(before, KernelObjects.Count());
    }

    [Fact]
    public void Probe_BtfFileThatIsMissing_NamesIt() =>
        Assert.Contains("/no/such.btf", KernelFeatures.Probe("/no/such.btf").Btf.Detail, StringComparison.Ordinal);
}
