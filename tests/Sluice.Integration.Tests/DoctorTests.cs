// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Text.Json;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>What doctor says against what a capture then does.</summary>
public sealed class DoctorTests
{
    // exec, so that the exit code is the program's own.
    private const string WithoutBtf = "mount -t tmpfs tmpfs /sys/kernel/btf && exec \"$0\" \"$@\"";

    [Theory]
    [InlineData("tls")]
    [InlineData("connections")]
    public void Doctor_KernelThatShowsNoBtf_NamesTheBytecodeAndOffsetsThatACaptureUses(string module)
    {
        Requires.Bpf();
        string[] hidden = ["-m", "sh", "-c", WithoutBtf, Repository.Sluice];
        using var report = JsonDocument.Parse(Command.Run("unshare", [.. hidden, "doctor", "--json"]));
        using Command capture = Command.Start("unshare", [.. hidden, "capture", module, "--sink", "null:", "--duration", "1ms", "--log-level", "debug"]);
        (int code, _, string said) = capture.Wait();

        JsonElement found = report.RootElement.GetProperty("modules").EnumerateArray().Single(each => each.GetProperty("name").GetString() == module);
        string bytecode = found.GetProperty("bytecode").GetString()!;
        Assert.EndsWith("_noncore.o", bytecode, StringComparison.Ordinal);
        Assert.Equal(0, code);
        foreach (JsonElement plan in found.GetProperty("plans").EnumerateArray())
        {
            Assert.Contains($"For {plan.GetProperty("plan").GetString()}: by {plan.GetProperty("chosen").GetString() ?? "nothing"} with {bytecode}.", said, StringComparison.Ordinal);
        }

        Assert.Contains(found.GetProperty("plans").EnumerateArray(), plan => plan.GetProperty("plan").GetString() == "kernel offsets");
    }
}
