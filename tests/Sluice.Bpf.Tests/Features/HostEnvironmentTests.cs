// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Sluice.Bpf.Features;
using Xunit;

namespace Sluice.Bpf.Tests.Features;

public sealed class HostEnvironmentTests
{
    [Theory]
    [InlineData("[none] integrity confidentiality", LockdownMode.None)]
    [InlineData("none [integrity] confidentiality", LockdownMode.Integrity)]
    [InlineData("none integrity [confidentiality]", LockdownMode.Confidentiality)]
    [InlineData("", LockdownMode.Unknown)]
    [InlineData(null, LockdownMode.Unknown)]
    [InlineData("]none[", LockdownMode.Unknown)]
    public void ParseLockdown_FileText_IsTheModeInBrackets(string? text, LockdownMode mode) =>
        Assert.Equal(mode, HostEnvironment.ParseLockdown(text));

    [Theory]
    [InlineData("         0          0 4294967295", true)]
    [InlineData("         0     100000      65536", false)]
    [InlineData("0 0 1\n1 1 4294967294", false)]
    [InlineData(null, true)]
    public void IsWholeUidRange_UidMap_TellsTheInitialUserNamespace(string? map, bool expected) =>
        Assert.Equal(expected, HostEnvironment.IsWholeUidRange(map));

    [Theory]
    [InlineData(0ul, 4)]
    [InlineData((1ul << 39) | (1ul << 38) | (1ul << 19) | (1ul << 2), 0)]
    [InlineData((1ul << 21) | (1ul << 19) | (1ul << 1), 0)]
    [InlineData((1ul << 39) | (1ul << 19) | (1ul << 2), 1)]
    [InlineData(1ul << 21, 2)]
    public void MissingForTlsCapture_Capabilities_NamesTheOnesThatLack(ulong effective, int missing) =>
        Assert.Equal(missing, new CapabilitySet(effective).MissingForTlsCapture().Count);

    [Fact]
    public void MissingForTlsCapture_WithoutPerfmon_SaysWhatItIsFor()
    {
        CapabilitySet set = new((1ul << 39) | (1ul << 19) | (1ul << 2));

        Assert.StartsWith("CAP_PERFMON (to attach", set.MissingForTlsCapture().Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_StatusWithoutCapabilities_SaysWhichLineIsMissing()
    {
        Assert.Equal(new CapabilitySet(0x1ff), CapabilitySet.Parse(["Name:\tx", "CapEff:\t00000000000001ff"]));
        Assert.Contains("CapEff", Assert.Throws<InvalidDataException>(() => CapabilitySet.Parse(["Name:\tx"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ThisHost_AgreesWithTheKernelsOwnFiles()
    {
        HostEnvironment host = HostEnvironment.Read();

        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), host.KernelRelease);
        Assert.True(host.KernelVersion >= new KernelVersion(4, 0));
        Assert.Equal(Environment.IsPrivilegedProcess, host.Capabilities.Has(LinuxCapability.DacOverride));
    }
}
