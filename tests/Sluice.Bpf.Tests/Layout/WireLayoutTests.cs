// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Bpf.Tests.Layout;

/// <summary>The C# twins of bpf/include/event.h, judged by the C compiler.</summary>
public sealed partial class WireLayoutTests
{
    private static readonly string s_prologue = "#include \"" + WireHeaderPath() + "\"";

    [Theory]
    [InlineData(typeof(EventHeader), "sluice_event_header")]
    [InlineData(typeof(TlsDataHeader), "sluice_tls_data")]
    [InlineData(typeof(CaptureLossHeader), "sluice_capture_loss")]
    [InlineData(typeof(ConnectionHeader), "sluice_connection")]
    public async Task WireStruct_EveryField_LiesWhereTheCompilerPutsItsTwin(Type type, string cName)
    {
        FieldInfo[] fields = ManagedLayout.FieldsOf(type);
        string[] expressions = [.. fields.SelectMany(field => new[]
        {
            $"offsetof(struct {cName}, {CNameOf(field)})",
            $"sizeof(((struct {cName} *)0)->{CNameOf(field)})",
        }), $"sizeof(struct {cName})"];

        long[] judged = await CCompiler.EvaluateAsync(s_prologue, expressions);

        Assert.Equal(judged, fields
            .SelectMany(field => new long[] { ManagedLayout.OffsetOf(field), ManagedLayout.SizeOf(field.FieldType) })
            .Append(ManagedLayout.SizeOf(type)));

        // The C structs have no holes, so a field that C# lacks would show as one.
        Assert.Equal(ManagedLayout.SizeOf(type), fields.Sum(field => ManagedLayout.SizeOf(field.FieldType)));
    }

    [Theory]
    [InlineData(typeof(EventKind), "SLUICE_KIND_", false)]
    [InlineData(typeof(SampleFlags), "SLUICE_FLAG_", false)]
    [InlineData(typeof(TrafficDirection), "SLUICE_", false)]
    [InlineData(typeof(TlsLibrary), "SLUICE_LIBRARY_", true)]
    [InlineData(typeof(AddressSource), "SLUICE_ADDRESS_", true)]
    [InlineData(typeof(ConnectionAction), "SLUICE_CONNECTION_", false)]
    [InlineData(typeof(ConnectionDirection), "SLUICE_", false)]
    public async Task WireEnum_EveryValue_IsTheOneOfTheHeader(Type type, string prefix, bool cHasZero)
    {
        object[] values = [.. Enum.GetValues(type).Cast<object>().Where(value => cHasZero || Convert.ToInt64(value, null) != 0)];
        string[] expressions = [.. values.Select(value => prefix + CNameOf(value.ToString()!).ToUpperInvariant())];

        long[] judged = await CCompiler.EvaluateAsync(s_prologue, expressions);

        Assert.Equal(judged, values.Select(value => Convert.ToInt64(value, null)));
    }

    [Fact]
    public async Task ControlWords_OfTheReader_AreThoseOfTheHeader()
    {
        long[] judged = await CCompiler.EvaluateAsync(
            s_prologue, ["offsetof(struct sluice_control, polling)", "offsetof(struct sluice_control, wake_bytes)", "sizeof(struct sluice_control)"]);

        Assert.Equal([RingbufReader.PollingOffset, RingbufReader.WakeBytesOffset, 8], judged);
    }

    private static string WireHeaderPath() => typeof(WireLayoutTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "WireHeader").Value!;

    private static string CNameOf(FieldInfo field) => CNameOf(field.Name);

    /// <summary>KtimeNs is ktime_ns in C; the names of the libraries, and cpu_seq, follow no rule.</summary>
    private static string CNameOf(string name) => name switch
    {
        nameof(EventHeader.CpuSequence) => "cpu_seq",
        nameof(TlsLibrary.OpenSsl) => "openssl",
        nameof(TlsLibrary.BoringSsl) => "boringssl",
        nameof(TlsLibrary.LibreSsl) => "libressl",
        _ => WordStart().Replace(name, "_").ToLowerInvariant(),
    };

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();
}
