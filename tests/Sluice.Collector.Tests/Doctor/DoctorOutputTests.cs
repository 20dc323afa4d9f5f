// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text.Json;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Collector.Doctor;
using Xunit;

namespace Sluice.Collector.Tests.Doctor;

public sealed class DoctorOutputTests
{
    private static readonly DoctorModule s_module = new()
    {
        Name = "connections",
        Programs = Yes("loaded"),
        Bytecode = new BytecodeChoice("connections_kern_core.o", true, false, ["CO-RE, because it can."], []),
        Transport = "ringbuf",
        Plans = [new PlanOutcome("tcp", "raw_tp", [new AttachRefusal("tcp", "fentry", "tcp_connect_fentry", 1, "not permitted", "Needs trampolines.")])],
        MissingCapabilities = [],
    };

    private static readonly DoctorReport s_healthy = new()
    {
        Host = new HostEnvironment("6.1.0-18-amd64", new KernelVersion(6, 1, 76), null, LockdownMode.None, true, true, new CapabilitySet(ulong.MaxValue)),
        Architecture = "x64",
        Features = KernelFeaturesSample.All(Yes("tried")),
        LockedMemoryLimit = "unlimited",
        Modules = [s_module],
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
        Modules = [s_module with { Programs = null, Transport = null, Plans = [], MissingCapabilities = ["CAP_BPF"] }],
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
        JsonElement module = json.GetProperty("modules")[0];
        Assert.Equal(("connections", "connections_kern_core.o", "ringbuf"), (Text(module, "name"), Text(module, "bytecode"), Text(module, "transport")));
        JsonElement plan = module.GetProperty("plans")[0];
        Assert.Equal(("tcp", "raw_tp"), (Text(plan, "plan"), Text(plan, "chosen")));
        Assert.Equal(("fentry", "not permitted"), (Text(plan.GetProperty("refused")[0], "alternative"), Text(plan.GetProperty("refused")[0], "reason")));
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
        Assert.False(json.GetProperty("modules")[0].TryGetProperty("programs", out _));
        Assert.Equal("CAP_BPF", json.GetProperty("modules")[0].GetProperty("missing_capabilities")[0].GetString());
        Assert.Equal(JsonValueKind.Null, json.GetProperty("kafka_client").ValueKind);
        Assert.Equal("use another kernel", json.GetProperty("obstacles")[0].GetProperty("remedy").GetString());
    }

    [Fact]
    public void Text_OfAModule_NamesTheChosenWayAndTheReasonsAgainstTheOthers()
    {
        string text = Text(s_healthy);

        Assert.Contains("Module connections: ", text, StringComparison.Ordinal);
        Assert.Contains("connections_kern_core.o (CO-RE, because it can.)", text, StringComparison.Ordinal);
        Assert.Contains("  tcp: raw_tp\n    not fentry: not permitted Needs trampolines.\n", text, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

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
