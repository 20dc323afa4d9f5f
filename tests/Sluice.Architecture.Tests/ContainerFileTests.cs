// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Sluice.Architecture.Tests;

/// <summary>The files in docker/ cannot be run by the tests, but they can be held to what they are meant to say, and to each other.</summary>
public sealed partial class ContainerFileTests
{
    private const string ComposePath = "docker/compose.yaml";
    private const string DaemonSetPath = "docker/kubernetes/daemonset.yaml";

    private static readonly string[] s_capabilities = ["BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE"];
    private static readonly string[] s_hostMounts = ["/sys/kernel/tracing", "/sys/kernel/btf", "/sys/fs/cgroup"];

    private static readonly string[] s_probe = ["httpGet", "periodSeconds", "timeoutSeconds", "failureThreshold"];

    /// <summary>The keys of Kubernetes' API that are used, by the object that has them; a misspelt one is not among them.</summary>
    private static readonly Dictionary<string, string[]> s_keys = new()
    {
        ["Namespace"] = ["apiVersion", "kind", "metadata"],
        ["ServiceAccount"] = ["apiVersion", "kind", "metadata", "automountServiceAccountToken"],
        ["ConfigMap"] = ["apiVersion", "kind", "metadata", "data"],
        ["DaemonSet"] = ["apiVersion", "kind", "metadata", "spec"],
        ["metadata"] = ["name", "namespace", "labels", "annotations"],
        ["spec"] = ["selector", "updateStrategy", "template"],
        ["selector"] = ["matchLabels"],
        ["updateStrategy"] = ["type", "rollingUpdate"],
        ["rollingUpdate"] = ["maxUnavailable"],
        ["template"] = ["metadata", "spec"],
        ["template.spec"] =
        [
            "serviceAccountName", "automountServiceAccountToken", "hostPID", "terminationGracePeriodSeconds", "priorityClassName", "tolerations",
            "nodeSelector", "containers", "volumes",
        ],
        ["tolerations"] = ["operator"],
        ["containers"] =
        [
            "name", "image", "imagePullPolicy", "command", "args", "envFrom", "env", "ports", "startupProbe", "livenessProbe", "readinessProbe",
            "resources", "securityContext", "volumeMounts",
        ],
        ["envFrom"] = ["configMapRef"],
        ["configMapRef"] = ["name"],
        ["env"] = ["name", "value", "valueFrom"],
        ["valueFrom"] = ["fieldRef"],
        ["fieldRef"] = ["fieldPath"],
        ["ports"] = ["name", "containerPort", "protocol"],
        ["startupProbe"] = s_probe,
        ["livenessProbe"] = s_probe,
        ["readinessProbe"] = s_probe,
        ["httpGet"] = ["path", "port"],
        ["resources"] = ["requests", "limits"],
        ["requests"] = ["cpu", "memory"],
        ["limits"] = ["cpu", "memory"],
        ["securityContext"] =
        [
            "privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem", "runAsUser", "runAsGroup", "seccompProfile", "appArmorProfile", "capabilities",
        ],
        ["seccompProfile"] = ["type"],
        ["appArmorProfile"] = ["type"],
        ["capabilities"] = ["drop", "add"],
        ["volumeMounts"] = ["name", "mountPath", "readOnly"],
        ["volumes"] = ["name", "hostPath", "emptyDir"],
        ["hostPath"] = ["path", "type"],
        ["emptyDir"] = [],
    };

    /// <summary>Mappings whose keys are names of the user's choice.</summary>
    private static readonly string[] s_free = ["labels", "annotations", "matchLabels", "nodeSelector", "data"];

    private static readonly string[] s_composeKeys =
    [
        "image", "build", "command", "pid", "user", "cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "volumes", "ports", "stop_grace_period", "restart",
        "mem_limit", "depends_on", "environment", "healthcheck",
    ];

    private static JsonElement Compose => YamlFile.Read(ComposePath)[0];

    private static JsonElement DaemonSet => YamlFile.Read(DaemonSetPath).Single(static document => document.At("kind").GetString() == "DaemonSet");

    private static JsonElement PodSpec => DaemonSet.At("spec.template.spec");

    private static JsonElement Container => PodSpec.At("containers.0");

    [Fact]
    public void DaemonSet_EveryObject_HasOnlyKeysOfTheApi()
    {
        IReadOnlyList<JsonElement> documents = YamlFile.Read(DaemonSetPath);

        Assert.Equal(["Namespace", "ServiceAccount", "ConfigMap", "DaemonSet"], documents.Select(static document => document.At("kind").GetString()));
        foreach (JsonElement document in documents)
        {
            AssertKnown(document, document.At("kind").GetString()!, DaemonSetPath);
        }
    }

    [Fact]
    public void DaemonSet_ItsParts_FitEachOther()
    {
        string label = DaemonSet.At("spec.selector.matchLabels").GetRawText();
        IReadOnlyList<string> volumes = [.. PodSpec.At("volumes").EnumerateArray().Select(static volume => volume.At("name").GetString()!)];
        JsonElement config = YamlFile.Read(DaemonSetPath).Single(static document => document.At("kind").GetString() == "ConfigMap");

        Assert.Equal(label, DaemonSet.At("spec.template.metadata.labels").GetRawText());
        Assert.Equal(volumes, Container.At("volumeMounts").EnumerateArray().Select(static mount => mount.At("name").GetString()!));
        Assert.Equal(config.At("metadata.name").GetString(), Container.At("envFrom.0.configMapRef.name").GetString());
        Assert.All(Variable().Matches(Script).Select(static match => match.Groups[1].Value), name => Assert.Contains(name, config.At("data").Keys()));
        Assert.All(YamlFile.Read(DaemonSetPath).Skip(1), static document => Assert.Equal("sluice", document.At("metadata.namespace").GetString()));
    }

    [Fact]
    public void DaemonSet_ItsSecurity_IsRootWithTheFewCapabilitiesAndNothingElse()
    {
        JsonElement security = Container.At("securityContext");

        Assert.False(security.At("privileged").GetBoolean());
        Assert.False(security.At("allowPrivilegeEscalation").GetBoolean());
        Assert.True(security.At("readOnlyRootFilesystem").GetBoolean());
        Assert.Equal(0, security.At("runAsUser").GetInt32());
        Assert.Equal(["ALL"], security.At("capabilities.drop").Texts());
        Assert.Equal(s_capabilities, security.At("capabilities.add").Texts());
        Assert.True(PodSpec.At("hostPID").GetBoolean());
        Assert.False(PodSpec.At("automountServiceAccountToken").GetBoolean());
    }

    [Fact]
    public void DaemonSet_ItsProbes_AskTheListeningPortForItsPages()
    {
        int port = Container.At("ports.0.containerPort").GetInt32();
        string[] paths = ["startupProbe", "livenessProbe", "readinessProbe"];

        Assert.Contains($"--listen \"[::]:{port}\"", Script, StringComparison.Ordinal);
        Assert.All(paths, probe => Assert.Equal(Container.At("ports.0.name").GetString(), Container.At(probe + ".httpGet.port").GetString()));
        Assert.Equal(["/healthz", "/healthz", "/readyz"], paths.Select(static probe => Container.At(probe + ".httpGet.path").GetString()));
        Assert.StartsWith("exec ", Script, StringComparison.Ordinal);
        Assert.True(PodSpec.At("terminationGracePeriodSeconds").GetInt32() > Seconds(Script.Split("--drain-timeout ")[1]));
    }

    [Fact]
    public void Compose_ItsCapture_HasTheSameCapabilitiesMountsAndNamespace()
    {
        JsonElement sluice = Compose.At("services.sluice");
        JsonElement[] binds = [.. sluice.At("volumes").EnumerateArray().Where(static volume => volume.At("type").GetString() == "bind")];

        Assert.All(Compose.At("services").EnumerateObject(), static service => Assert.Empty(service.Value.Keys().Except(s_composeKeys)));
        Assert.Equal(["ALL"], sluice.At("cap_drop").Texts());
        Assert.Equal(s_capabilities, sluice.At("cap_add").Texts());
        Assert.Equal("host", sluice.At("pid").GetString());
        Assert.Equal("0:0", sluice.At("user").GetString());
        Assert.Equal(s_hostMounts, binds.Select(static bind => bind.At("source").GetString()));
        Assert.Equal(s_hostMounts, binds.Select(static bind => bind.At("target").GetString()));
        Assert.All(binds, static bind => Assert.True(bind.At("read_only").GetBoolean()));
        Assert.Equal(s_hostMounts, Container.At("volumeMounts").EnumerateArray().Select(static mount => mount.At("mountPath").GetString()).Intersect(s_hostMounts));
        Assert.True(Seconds(sluice.At("stop_grace_period").GetString()!) > Seconds(After(sluice.At("command").Texts(), "--drain-timeout")));
    }

    [Fact]
    public void Compose_ItsCapture_SpeaksToTheServicesBesideIt()
    {
        IReadOnlyList<string> command = Compose.At("services.sluice.command").Texts();
        IReadOnlyList<string> services = Compose.At("services").Keys();

        Assert.All(
            new[] { After(command, "--sink"), After(command, "--telemetry-otlp") },
            url => Assert.Contains(new Uri(url.Replace("otlp+grpc", "http", StringComparison.Ordinal)).Host, services));
        Assert.Equal(services.Where(static name => name != "sluice").Order(), Compose.At("services.sluice.depends_on").Texts().Order());
        Assert.EndsWith(After(command, "--listen").Split(':')[^1], Compose.At("services.sluice.ports.0").GetString(), StringComparison.Ordinal);
        Assert.Contains("4317", YamlFile.Read("docker/otel-collector.yaml")[0].At("receivers.otlp.protocols.grpc.endpoint").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_OfAllFiles_AreOptionsOfTheProgram()
    {
        string known = string.Concat(
            new[] { "CaptureCommand", "RunOptions" }.Select(static file => RepositoryFiles.Read($"src/Collector/Sluice.Collector/CommandLine/{file}.cs")));
        string used = string.Join(' ', Compose.At("services.sluice.command").Texts()) + " " + Script + " " + RepositoryFiles.Read("docker/Dockerfile").Split("CMD")[^1];

        Assert.NotEmpty(Option().Matches(used));
        Assert.All(Option().Matches(used).Select(static match => match.Value), option => Assert.Contains($"\"{option}\"", known, StringComparison.Ordinal));
    }

    [Fact]
    public void Images_OfAllFiles_ArePinnedByVersion()
    {
        IEnumerable<string> images = Compose.At("services").EnumerateObject().Select(static service => service.Value.At("image").GetString()!)
            .Append(Container.At("image").GetString()!);

        Assert.All(images, static image => Assert.Matches(PinnedImage(), image));
        Assert.All(
            FromLine().Matches(RepositoryFiles.Read("docker/Dockerfile")).Select(static match => match.Groups[1].Value),
            static image => Assert.EndsWith(":${DOTNET_VERSION}-${OS_RELEASE}", image, StringComparison.Ordinal));
    }

    [Fact]
    public void Dockerfile_ItsStages_BuildAndRunTheProgram()
    {
        string file = RepositoryFiles.Read("docker/Dockerfile");

        Assert.Equal(2, FromLine().Count(file));
        Assert.Contains("COPY --from=build /out /opt/sluice", file, StringComparison.Ordinal);
        Assert.Contains("libbpf1", file.Split("AS runtime")[1], StringComparison.Ordinal);
        Assert.DoesNotContain("\nUSER ", file, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"/opt/sluice/sluice\"]", file, StringComparison.Ordinal);
        Assert.Contains("/opt/sluice/sluice capture", Script, StringComparison.Ordinal);
    }

    private static string Script => Container.At("args.0").GetString()!;

    private static string After(IReadOnlyList<string> words, string option) => words[words.ToList().IndexOf(option) + 1];

    private static int Seconds(string text) => int.Parse(text.Trim().TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);

    private static void AssertKnown(JsonElement mapping, string name, string path)
    {
        Assert.True(s_keys.TryGetValue(name, out string[]? known), $"{path}: nothing is known of '{name}'");
        foreach (JsonProperty property in mapping.EnumerateObject())
        {
            string at = path + "." + property.Name;
            Assert.True(known.Contains(property.Name), at + " is no key of " + name);
            string child = name == "template" && property.Name == "spec" ? "template.spec" : property.Name;
            if (s_free.Contains(property.Name))
            {
                Assert.All(property.Value.EnumerateObject(), value => Assert.True(value.Value.ValueKind == JsonValueKind.String, at + " has a value that is no text"));
            }
            else if (property.Value.ValueKind == JsonValueKind.Object)
            {
                AssertKnown(property.Value, child, at);
            }
            else if (property.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in property.Value.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object))
                {
                    AssertKnown(item, child, at);
                }
            }
        }
    }

    [GeneratedRegex(@"\$([A-Z_]+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?<![\w-])--[a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"^[\w./-]+:\d+\.\d+\.\d+$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex(@"^FROM (\S+)", RegexOptions.Multiline)]
    private static partial Regex FromLine();
}
