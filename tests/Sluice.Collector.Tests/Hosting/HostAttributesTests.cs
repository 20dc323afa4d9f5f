// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Bpf.Features;
using Sluice.Collector.Hosting;
using Xunit;

namespace Sluice.Collector.Tests.Hosting;

public sealed class HostAttributesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("sluice-host-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Read_Host_HasItsIdAndSystem()
    {
        WriteFiles();
        HostEnvironment here = HostEnvironment.Read() with { ContainerHint = null, KernelRelease = "6.1.0-18-amd64" };

        Dictionary<string, string> attributes = HostAttributes.Read(here, _root).ToDictionary();

        Assert.Equal("0123456789abcdef0123456789abcdef", attributes["host.id"]);
        Assert.Equal("linux", attributes["os.type"]);
        Assert.Equal("Debian GNU/Linux", attributes["os.name"]);
        Assert.Equal("12", attributes["os.version"]);
        Assert.Equal("Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64", attributes["os.description"]);
        Assert.Contains(attributes["host.arch"], (string[])["amd64", "arm64"]);
        Assert.Equal(ProductVersion.Text, attributes["service.version"]);
    }

    [Fact]
    public void Read_Container_LeavesOutWhatItsImageSays()
    {
        WriteFiles();

        Dictionary<string, string> attributes = HostAttributes.Read(HostEnvironment.Read() with { ContainerHint = "a test", KernelRelease = "6.1" }, _root).ToDictionary();

        Assert.Equal("Linux 6.1", attributes["os.description"]);
        Assert.Equal(["host.arch", "os.description", "os.type", "service.version"], attributes.Keys.Order());
    }

    [Fact]
    public void Read_WithoutTheFiles_LeavesThemOut()
    {
        Dictionary<string, string> attributes = HostAttributes.Read(HostEnvironment.Read() with { ContainerHint = null }, _root).ToDictionary();

        Assert.Equal(["host.arch", "os.description", "os.type", "service.version"], attributes.Keys.Order());
    }

    private void WriteFiles()
    {
        Directory.CreateDirectory(Path.Combine(_root, "etc"));
        File.WriteAllText(Path.Combine(_root, "etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
        File.WriteAllText(
            Path.Combine(_root, "etc/os-release"),
            "# about\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME='Debian GNU/Linux'\nVERSION_ID=12\n\nnonsense\n");
    }
}
