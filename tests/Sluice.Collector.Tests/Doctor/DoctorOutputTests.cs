// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text.Json;
using Sluice.Bpf.Features;
using Sluice.Collector.Doctor;
using Xunit;

namespace Sluice.Collector.Tests.Doctor;

public sealed class DoctorOutputTests
{
    private static readonly DoctorReport s_healthy = new()
    {
        Host = new HostEnvironment("6.1.0-18-amd64", new KernelVersion(6, 1, 76), null, LockdownMode.None, true, true, new CapabilitySet(ulong.MaxValue)),
        Architecture = "x64",
        Features = KernelFeaturesSample.All(Yes("tried")),
        LockedMemoryLimit = "unlimited",
        Programs = Yes("loaded"),
        Transport = "ringbuf",
        KafkaClientVersion = "2.15.1",
        Libraries = [new DoctorLibrary("/usr/lib/libssl.so.3", "OpenSSL 3.0.19", "3.0.0..3.0.22", true, 4, "abcd")],
        Processes = 57,
        UnreadableProcesses = 0,
        Obstacles = [],
        Warnings = ["A \"note\"."],
    };

    private static readonly DoctorReport s_sick = s_healthy with
    {
        Features = s_healthy.Features with { Btf = new FeatureProbe(false, "no file") },
        Programs = null,
        KafkaClientVersion = null,
        Obstacles = [new Obstacle("missing BTF of the kernel: no file", "use another kernel")],
    };

    [Theory]
    [InlineData("6.10.14", false)]
    [InlineData("6.11", true)]
    [InlineData("6.11.0", true)]
    [InlineData("6.13.12", true)]
    [InlineData("6.14.0", false)]
    [InlineData("6.1.0", false)]
    public void Seccomp_MayKillTappedProcesses_OnTheKernelsWithAnUnknownCall(string kernel, bool mayKill) =>
        Assert.Equal(mayKill, DoctorExamination.HasUnknownUretprobeCall(KernelVersion.Parse(kernel)));

    [Fact]
    public void Text_OfAHealthyHost_NamesLibrariesAndSaysThatItWorks()
    {
        string text = Text(s_healthy);

        Assert.Contains("Linux 6.1.0-18-amd64 (x64)", text, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/libssl.so.3: OpenSSL 3.0.19, offsets of 3.0.0..3.0.22, used by 4 processes", text, StringComparison.Ordinal);
        Assert.Contains("librdkafka 2.15.1", text, StringComparison.Ordinal);
        Assert.EndsWith("sluice capture tls works here.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_WithALibraryNamedToSteerTheTerminal_ShowsTheNameInsteadOfObeying()
    {
        DoctorLibrary library = s_healthy.Libraries[0] with { Path = "/tmp/\u001b[2Jsluice\ncapture\u202e.so" };

        string text = Text(s_healthy with { Libraries = [library] });

        Assert.Contains(@"  /tmp/\x1b[2Jsluice\ncapture\u202e.so: OpenSSL", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_OfAHostWithObstacles_EndsWithThemAndTheirRemedies()
    {
        string text = Text(s_sick);

        Assert.Contains("does not work here", text, StringComparison.Ordinal);
        Assert.EndsWith("  - missing BTF of the kernel: no file: use another kernel\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OfAHealthyHost_HasTheSameFacts()
    {
        JsonElement json = Json(s_healthy);

        Assert.True(json.GetProperty("works").GetBoolean());
        Assert.Equal("ringbuf", json.GetProperty("choice").GetProperty("transport").GetString());
        Assert.Equal("OpenSSL 3.0.19", json.GetProperty("libraries")[0].GetProperty("library").GetString());
        Assert.Equal(4, json.GetProperty("libraries")[0].GetProperty("processes").GetInt32());
        Assert.Equal("A \"note\".", json.GetProperty("warnings")[0].GetString());
        Assert.Equal(0, json.GetProperty("obstacles").GetArrayLength());
    }

    [Fact]
    public void Json_OfAHostWithObstacles_HasProblemAndRemedy()
    {
        JsonElement json = Json(s_sick);

        Assert.False(json.GetProperty("works").GetBoolean());
        Assert.False(json.GetProperty("features").GetProperty("btf").GetProperty("available").GetBoolean());
        Assert.False(json.GetProperty("features").TryGetProperty("tls_programs", out _));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("kafka_client").ValueKind);
        Assert.Equal("use another kernel", json.GetProperty("obstacles")[0].GetProperty("remedy").GetString());
    }

    private static FeatureProbe Yes(string detail) => new(true, detail);

    private static string Text(DoctorReport report)
    {
        using var output = new StringWriter();
        DoctorText.Write(report, output);
        return output.ToString();
    }

    private static JsonElement Json(DoctorReport report)
    {
        using var output = new MemoryStream();
        DoctorJson.Write(report, output);
        using JsonDocument document = JsonDocument.Parse(output.ToArray());
        return document.RootElement.Clone();
    }
}
