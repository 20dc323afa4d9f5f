// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class ReferredValueTests : IDisposable
{
    private static readonly SinkUri s_sink = SinkUri.Parse("kafka://h:9092/t");

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("secret")]
    [InlineData("@")]
    [InlineData("@home")]
    [InlineData("x@file:/y")]
    [InlineData("@FILE:/y")]
    public void Resolve_PlainValue_StandsForItself(string value) => Assert.Equal(value, Resolve(value));

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData("two\nlines\n\n", "two\nlines\n")]
    [InlineData(" grün ", " grün ")]
    public void Resolve_File_IsItsContentWithoutTheLastLineBreak(string content, string value)
    {
        File.WriteAllText(_path, content);

        Assert.Equal(value, Resolve("@file:" + _path));
    }

    [Fact]
    public void Resolve_Variable_IsItsValue()
    {
        const string name = "SLUICE_TEST_REFERRED_VALUE";
        Environment.SetEnvironmentVariable(name, "a&b=c");

        Assert.Equal("a&b=c", Resolve("@env:" + name));
    }

    [Theory]
    [InlineData("@env:SLUICE_TEST_NO_SUCH_VARIABLE", "'SLUICE_TEST_NO_SUCH_VARIABLE', which is not set")]
    [InlineData("@env:", "which is not set")]
    [InlineData("@file:/no/such/file", "'/no/such/file', which cannot be read")]
    [InlineData("@file:/tmp", "'/tmp', which cannot be read")]
    [InlineData("@file:", "which cannot be read")]
    [InlineData("@file:/dev/null", "'/dev/null', which is empty")]
    [InlineData("@file:/dev/zero", "'/dev/zero', which is longer than 65536 bytes")]
    public void Resolve_NothingThere_SaysWhichOptionAndWhere(string value, string says)
    {
        SinkUriException refusal = Assert.Throws<SinkUriException>(() => Resolve(value));

        Assert.Contains("'config.sasl.password'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_FileThatIsOnlyALineBreak_IsEmpty()
    {
        File.WriteAllText(_path, "\n");

        Assert.Contains("empty", Assert.Throws<SinkUriException>(() => Resolve("@file:" + _path)).Message, StringComparison.Ordinal);
    }

    private static string Resolve(string value) => ReferredValue.Resolve(s_sink, "config.sasl.password", value);
}
