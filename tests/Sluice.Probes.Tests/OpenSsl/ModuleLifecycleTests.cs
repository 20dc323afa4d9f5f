// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Bpf;
using Sluice.Bpf.Features;
using Sluice.Probes.OpenSsl;
using Xunit;

namespace Sluice.Probes.Tests.OpenSsl;

/// <summary>The module <c>tls</c> on the real kernel, from load to dispose. How long that takes, bench/ measures.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class ModuleLifecycleTests
{
    private const int Cycles = 100;

    [Fact]
    public void Module_HundredStartsAndStops_LeavesNoDescriptor()
    {
        CaptureOptions options = OptionsForALibrary();
        StartAndStop(options);
        string[] before = Descriptors();

        for (int i = 0; i < Cycles; i++)
        {
            StartAndStop(options);
        }

        // Links, programs, maps and perf events are descriptors, all of them.
        Assert.Equal(before, Descriptors());
    }

    [Theory]
    [InlineData(WithheldFeatures.UprobeMulti)]
    [InlineData(WithheldFeatures.ModernPrograms)]
    public void Module_WithALinkForEachProbe_LeavesNoDescriptorEither(WithheldFeatures without)
    {
        CaptureOptions options = OptionsForALibrary() with { Without = without };
        StartAndStop(options);
        string[] before = Descriptors();

        for (int i = 0; i < 3; i++)
        {
            StartAndStop(options);
        }

        Assert.Equal(before, Descriptors());
    }

    [Fact]
    public void Module_TargetThatIsNoLibrary_FailsAtTheAttachAndLeavesNothing()
    {
        CaptureOptions options = OptionsForALibrary();
        StartAndStop(options);
        string[] before = Descriptors();

        Assert.ThrowsAny<Exception>(() => StartAndStop(options with { LibraryPaths = ["/etc/passwd"] }));

        Assert.Equal(before, Descriptors());
    }

    [Fact]
    public void Module_RingBufferInBytecodeThatHasNone_SaysWhatToDo()
    {
        CaptureOptions options = OptionsForALibrary() with { KernelVersion = new KernelVersion(5, 1), Transport = CaptureTransport.RingBuffer };

        Assert.Contains("--transport perf", Assert.Throws<BpfException>(() => StartAndStop(options)).Message, StringComparison.Ordinal);
    }

    private static void StartAndStop(CaptureOptions options)
    {
        using var module = new OpenSslModule(NullLogger.Instance);
        module.Load(options);
        module.Attach(static failure => throw failure);
        module.Detach();
    }

    private static CaptureOptions OptionsForALibrary()
    {
        Assert.SkipUnless(HostEnvironment.Read().ObstaclesToTlsCapture().Count == 0, "Needs root, or the capabilities to load BPF programs.");
        string? library = new[] { "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/lib/aarch64-linux-gnu/libssl.so.3", "/usr/lib64/libssl.so.3" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(library is null, "Needs libssl.so.3.");

        // What earlier tests of this process left to the finalizers would go while ours are counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return new CaptureOptions { LibraryPaths = [library!], MapSizePages = 16 };
    }

    /// <summary>What the descriptors are; those of directory listings, one of which is this one's own, have a number in them.</summary>
    private static string[] Descriptors() =>
    [
        .. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos()
            .Select(static file => file.LinkTarget ?? string.Empty)
            .Where(static target => !target.StartsWith("/proc/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
