// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Sluice.Probes.Connections;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Probes.Tests.Connections;

/// <summary>What user space reads and writes of the UDP maps, judged by the C compiler.</summary>
public sealed partial class UdpLayoutTests
{
    private static readonly string s_prologue = $"#include \"{RepositoryFile.PathOf("bpf/include/connections/udp_maps.h")}\"";

    [Theory]
    [InlineData(typeof(UdpKey), "udp_key")]
    [InlineData(typeof(UdpStatus), "udp_status")]
    [InlineData(typeof(UdpEnding), "udp_ending")]
    [InlineData(typeof(UdpClock), "udp_clock")]
    public async Task Struct_EveryField_LiesWhereTheCompilerPutsItsTwin(Type type, string cName)
    {
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

    private static string CNameOf(string name) => WordStart().Replace(name, "_").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
