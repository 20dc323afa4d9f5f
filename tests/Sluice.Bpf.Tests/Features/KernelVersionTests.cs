// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;
using Xunit;

namespace Sluice.Bpf.Tests.Features;

public sealed class KernelVersionTests
{
    // Release, build and signature as real kernels say them.
    [Theory]
    [InlineData("6.1.0-18-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)", null, "6.1.76")]
    [InlineData("5.10.0-28-cloud-amd64", "#1 SMP Debian 5.10.209-2 (2024-01-31)", null, "5.10.209")]
    [InlineData("6.12.43+deb13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1 (2025-08-27)", null, "6.12.43")]
    [InlineData("6.5.0-0.deb12.4-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.5.10-1~bpo12+1 (2023-11-23)", null, "6.5.10")]
    [InlineData("5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023", "Ubuntu 5.15.0-91.101-generic 5.15.131\n", "5.15.131")]
    [InlineData("6.5.0-1014-aws", "#14~22.04.1-Ubuntu SMP", "Ubuntu 6.5.0-1014.14~22.04.1-aws 6.5.13", "6.5.13")]
    [InlineData("4.18.0-553.el8_10.x86_64", "#1 SMP Fri May 10 15:19:13 EDT 2024", null, "4.18.0")]
    [InlineData("5.14.0-427.13.1.el9_4.x86_64", "#1 SMP PREEMPT_DYNAMIC Wed Apr 10 10:29:16 EDT 2024", null, "5.14.0")]
    [InlineData("4.14.355-275.570.amzn2.x86_64", "#1 SMP Mon Nov 18 22:13:54 UTC 2024", null, "4.14.355")]
    [InlineData("5.15.167.4-microsoft-standard-WSL2", "#1 SMP Tue Nov 5 00:21:55 UTC 2024", null, "5.15.167")]
    [InlineData("6.18.44-fc-v595", "#1 SMP PREEMPT_DYNAMIC @0", null, "6.18.44")]
    [InlineData("7.2-rc1-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 7.2~rc1-1~exp1 (2026-07-01)", null, "7.2.0")]
    [InlineData("5.10\n", null, null, "5.10.0")]
    [InlineData("unknown", "#1", "Ubuntu", "0.0.0")]
    [InlineData("6", null, null, "0.0.0")]
    [InlineData("", "", "", "0.0.0")]
    [InlineData("99999999999.1", null, null, "0.0.0")]
    public void Parse_WhatADistributionSays_IsTheSourcesVersion(string release, string? build, string? signature, string expected) =>
        Assert.Equal(expected, KernelVersion.Parse(release, build, signature).ToString());

    [Theory]
    [InlineData("6.8.0-40-generic", "#1 SMP Debian 6.1.76-1", null)]
    [InlineData("6.8.0-40-generic", null, "Ubuntu 5.15.0-91.101-generic 5.15.131")]
    public void Parse_TextOfAnotherKernel_IsNotBelieved(string release, string? build, string? signature) =>
        Assert.Equal(new KernelVersion(6, 8), KernelVersion.Parse(release, build, signature));

    [Theory]
    [InlineData("4.18.0-553.el8_10.x86_64", true)]
    [InlineData("5.14.0-427.13.1.el9_4.x86_64", true)]
    [InlineData("6.1.0-18-amd64", false)]
    [InlineData("5.4.17-2136.elrepo", false)]
    [InlineData("5.4.17.el", false)]
    public void HasBackports_Release_IsTrueForRedHatsOnly(string release, bool expected) =>
        Assert.Equal(expected, KernelVersion.HasBackports(release));

    [Theory]
    [InlineData("5.1.21", true)]
    [InlineData("5.2", false)]
    [InlineData("5.2.0", false)]
    [InlineData("4.18.0", true)]
    [InlineData("10.0", false)]
    public void Compare_WithTheFirstKernelOfGlobalData_GoesByNumbers(string text, bool isOlder)
    {
        Assert.True(KernelVersion.TryParse(text, out KernelVersion version));

        Assert.Equal(isOlder, version < new KernelVersion(5, 2));
        Assert.Equal(!isOlder, version >= new KernelVersion(5, 2));
    }

    [Theory]
    [InlineData("5.2-rc1")]
    [InlineData("5")]
    [InlineData(" 5.2")]
    [InlineData("5.2.")]
    [InlineData("5.2.0.1")]
    [InlineData("new")]
    [InlineData("")]
    [InlineData(null)]
    public void TryParse_AnythingButNumbers_IsRefused(string? text) => Assert.False(KernelVersion.TryParse(text, out _));

    [Fact]
    public void Read_ThisKernel_IsKnown() => Assert.NotEqual(default, KernelVersion.Read());
}
