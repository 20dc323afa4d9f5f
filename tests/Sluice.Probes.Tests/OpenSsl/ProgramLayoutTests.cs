// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Sluice.Probes.OpenSsl;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Probes.Tests.OpenSsl;

/// <summary>What the module writes to and reads from the programs' maps, judged by the C compiler.</summary>
public sealed partial class ProgramLayoutTests
{
    private static readonly string s_prologue = $"#include \"{RepositoryFile.PathOf("bpf/include/event.h")}\"";

    [Theory]
    [InlineData("ProgramConfig", "sluice_config")]
    [InlineData("OpenSsl.TlsLayoutEntry", "sluice_tls_layout")]
    [InlineData("CpuStats", "sluice_cpu_stats")]
    [InlineData("SelfState", "sluice_self")]
    [InlineData("Offsets.KernelCheck", "sluice_kernel_check")]
    [InlineData("FilterState", "sluice_filters")]
    public async Task ProgramStruct_EveryField_LiesWhereTheCompilerPutsItsTwin(string name, string cName)
    {
        Type type = typeof(TlsCall).Assembly.GetType($"Sluice.Probes.{name}", throwOnError: true)!;
        FieldInfo[] fields = ManagedLayout.FieldsOf(type);
        string[] expressions = [.. fields.SelectMany(field => new[]
        {
            $"offsetof(struct {cName}, {CNameOf(field.Name)})",
            $"sizeof(((struct {cName} *)0)->{CNameOf(field.Name)})",
        }), $"sizeof(struct {cName})"];

        long[] judged = await CCompiler.EvaluateAsync(s_prologue, expressions);

        Assert.NotEmpty(fields);
        Assert.Equal(judged, fields
            .SelectMany(field => new long[] { ManagedLayout.OffsetOf(field), ManagedLayout.SizeOf(field.FieldType) })
            .Append(ManagedLayout.SizeOf(type)));
    }

    [Fact]
    public async Task TlsCall_EveryValue_IsTheOneOfTheHeader()
    {
        TlsCall[] calls = Enum.GetValues<TlsCall>();

        long[] judged = await CCompiler.EvaluateAsync(s_prologue, [.. calls.Select(call => "SLUICE_CALL_" + CNameOf(call.ToString()).ToUpperInvariant())]);

        Assert.Equal(judged, calls.Select(call => (long)call));
    }

    private static string CNameOf(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
