// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Probes.Tests.Programs;

/// <summary>What is embedded is what the sources make, wherever they are built.</summary>
public sealed class BytecodeBuildTests
{
    private static readonly string[] s_objects =
        [.. new[] { "openssl", "connections" }.SelectMany(family => new[] { "core", "noncore", "core_less52", "noncore_less52" }.Select(variant => $"{family}_kern_{variant}.o"))];

    [Theory]
    [InlineData("x86")]
    [InlineData("arm64")]
    public async Task Make_InAnotherDirectory_MakesTheEmbeddedInstructions(string machine)
    {
        using var directory = new TempDirectory();
        await RunAsync("cp", "-r", RepositoryFile.PathOf("bpf"), Path.Combine(directory.Path, "elsewhere"));

        await RunAsync("make", "--silent", "-j2", "-C", Path.Combine(directory.Path, "elsewhere"), "OUT=" + directory.Path, "ARCH=" + machine);

        foreach (string name in s_objects)
        {
            byte[] built = await File.ReadAllBytesAsync(Path.Combine(directory.Path, machine, name), TestContext.Current.CancellationToken);
            BpfElf embedded = new(Bytecode.Read(machine, name)), again = new(built);
            Assert.NotEmpty(embedded.Code);
            Assert.Equal(embedded.Code.Select(code => code.Section), again.Code.Select(code => code.Section));
            Assert.All(embedded.Code.Zip(again.Code), pair => Assert.True(pair.First.Instructions.SequenceEqual(pair.Second.Instructions), $"{name}, {pair.First.Section}"));
            Assert.True(built.AsSpan().IndexOf("elsewhere"u8) < 0, $"{name} holds the path of its sources.");
        }
    }

    [Fact]
    public async Task MakeOffsets_FromTheSameHeaders_MakesTheFileThatIsCheckedIn()
    {
        string checkedIn = await File.ReadAllTextAsync(RepositoryFile.PathOf("bpf/include/generated/kernel_offsets_x86.h"), TestContext.Current.CancellationToken);
        string release = checkedIn.Split("headers of Linux ")[1].Split(". */")[0];
        string headers = "/usr/src/linux-headers-" + release;
        Assert.SkipUnless(Directory.Exists(headers), $"Needs {headers} (Debian: linux-headers-{release}).");
        using var directory = new TempDirectory();

        await RunAsync("make", "--silent", "-C", RepositoryFile.PathOf("bpf"), "offsets", "OUT=" + directory.Path, "GENERATED=" + directory.Path, "HEADERS=" + headers);

        Assert.Equal(checkedIn, await File.ReadAllTextAsync(Path.Combine(directory.Path, "kernel_offsets_x86.h"), TestContext.Current.CancellationToken));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, errors);
    }
}
