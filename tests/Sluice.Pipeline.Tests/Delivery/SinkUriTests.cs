// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class SinkUriTests
{
    [Theory]
    [InlineData("-", "console", "-")]
    [InlineData("console:", "console", "")]
    [InlineData("CONSOLE:", "console", "")]
    [InlineData("jsonl:-", "jsonl", "-")]
    [InlineData("jsonl:/var/log/a.jsonl", "jsonl", "/var/log/a.jsonl")]
    [InlineData("jsonl:///var/log/a.jsonl", "jsonl", "/var/log/a.jsonl")]
    [InlineData("jsonl:/tmp/100%", "jsonl", "/tmp/100%")]
    [InlineData("null:", "null", "")]
    [InlineData("kafka://h1:9092,h2:9092/topic", "kafka", "h1:9092,h2:9092/topic")]
    [InlineData("otlp+grpc://h:4317", "otlp+grpc", "h:4317")]
    public void Parse_EveryForm_SplitsSchemeAndTarget(string text, string scheme, string target)
    {
        SinkUri uri = SinkUri.Parse(text);

        Assert.Equal((scheme, target, text), (uri.Scheme, uri.Target, uri.Name));
    }

    [Fact]
    public void Parse_SharedOptions_AreTaken()
    {
        SinkUri uri = SinkUri.Parse("null:?name=my%20sink&overflow=drop-newest&queue-bytes=64KiB");

        Assert.Equal("my sink", uri.Name);
        Assert.Equal(OverflowPolicy.DropNewest, uri.Overflow);
        Assert.Equal(65536, uri.QueueBytes);
        Assert.Equal("null:", uri.Text);
        uri.ThrowIfUnused();
    }

    [Fact]
    public void Parse_Spool_IsTaken()
    {
        SinkUri uri = SinkUri.Parse("null:?overflow=spool&spool-dir=/var/spool/a&spool-max-bytes=1GiB&spool-full=drop-newest");

        Assert.Equal(OverflowPolicy.Spool, uri.Overflow);
        Assert.Equal(new SpoolOptions("/var/spool/a") { MaxBytes = 1L << 30, DropsWhenFull = true }, uri.Spool);
        uri.ThrowIfUnused();
        Assert.Equal(new SpoolOptions("/s"), SinkUri.Parse("null:?overflow=spool&spool-dir=/s").Spool);
    }

    [Fact]
    public void Parse_NoOptions_GivesDefaults()
    {
        SinkUri uri = SinkUri.Parse("jsonl:/a");

        Assert.Equal(OverflowPolicy.Block, uri.Overflow);
        Assert.Null(uri.QueueBytes);
        Assert.Equal("jsonl:/a", uri.Name);
    }

    [Theory]
    [InlineData("", "not a sink URI")]
    [InlineData("/tmp/x", "not a sink URI")]
    [InlineData(":x", "not a sink URI")]
    [InlineData("js onl:x", "not a sink URI")]
    [InlineData("null:?overflow=spool", "overflow=spool needs a directory of its own for this sink; add spool-dir=DIR")]
    [InlineData("null:?overflow=spool&spool-dir=/s&spool-full=wait", "option 'spool-full' is 'wait', but must be block or drop-newest")]
    [InlineData("null:?overflow=spool&spool-dir=/s&spool-max-bytes=1KiB", "must be a size of at least 4194304 bytes")]
    [InlineData("null:?spool-dir=/s", "spool-dir, spool-max-bytes and spool-full need overflow=spool")]
    [InlineData("null:?overflow=block&spool-full=block", "spool-dir, spool-max-bytes and spool-full need overflow=spool")]
    [InlineData("null:?overflow=drop", "option 'overflow' is 'drop', but must be block, drop-newest or spool")]
    [InlineData("null:?queue-bytes=0", "option 'queue-bytes' is '0'")]
    [InlineData("null:?queue-bytes=1MB", "option 'queue-bytes' is '1MB'")]
    [InlineData("null:?name=a&name=b", "option 'name' is given twice")]
    [InlineData("null:?name=", "option 'name' has no value")]
    [InlineData("null:?name", "option 'name' has no value")]
    [InlineData("null:?=x", "an option has no name")]
    [InlineData("null:?", "an option has no name")]
    [InlineData("null:?name=a&", "an option has no name")]
    [InlineData("null:?name=50%", "option 'name' has a %")]
    [InlineData("null:?name=%zz", "option 'name' has a %")]
    public void Parse_BadText_SaysWhat(string text, string message)
    {
        SinkUriException error = Assert.Throws<SinkUriException>(() => SinkUri.Parse(text));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Sink '" + text.Split('?')[0] + "': ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ThrowIfUnused_UnknownOption_NamesItTheSinkAndTheAllowedOnes()
    {
        SinkUri uri = SinkUri.Parse("jsonl:/a?rotate-sice=1&config.x=y");
        uri.TakeSize("rotate-size");
        uri.TakePrefixed("config.");

        SinkUriException error = Assert.Throws<SinkUriException>(uri.ThrowIfUnused);

        Assert.Equal(
            "Sink 'jsonl:/a': unknown option 'rotate-sice'; the options of this sink are config.*, name, overflow, queue-bytes, rotate-size, spool-dir, spool-full, spool-max-bytes.",
            error.Message);
    }

    [Fact]
    public void Errors_OptionsWithPasswords_AreNotShown()
    {
        SinkUri uri = SinkUri.Parse("kafka://h/t?config.sasl.password=hunter2&nope=1");
        uri.TakePrefixed("config.");

        SinkUriException error = Assert.Throws<SinkUriException>(uri.ThrowIfUnused);

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("0", 0L)]
    [InlineData("64KiB", 65536L)]
    [InlineData("100MiB", 104857600L)]
    [InlineData("2GiB", 2147483648L)]
    public void TakeSize_GoodValue_GivesBytes(string value, long bytes) =>
        Assert.Equal(bytes, SinkUri.Parse("null:?size=" + value).TakeSize("size"));

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5MiB")]
    [InlineData("MiB")]
    [InlineData("9999999999999GiB")]
    [InlineData("64kib")]
    public void TakeSize_BadValue_Throws(string value)
    {
        SinkUri uri = SinkUri.Parse("null:?size=" + value);

        Assert.Contains("64KiB", Assert.Throws<SinkUriException>(() => uri.TakeSize("size")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1h", 3_600_000)]
    public void TakeDuration_GoodValue_GivesIt(string value, int ms) =>
        Assert.Equal(TimeSpan.FromMilliseconds(ms), SinkUri.Parse("null:?every=" + value).TakeDuration("every"));

    [Theory]
    [InlineData("0s")]
    [InlineData("10")]
    [InlineData("1d")]
    [InlineData("-1s")]
    [InlineData("9999999999999999h")]
    public void TakeDuration_BadValue_Throws(string value)
    {
        SinkUri uri = SinkUri.Parse("null:?every=" + value);

        Assert.Contains("500ms", Assert.Throws<SinkUriException>(() => uri.TakeDuration("every")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_OtherKinds_ReadOrRefuse()
    {
        SinkUri uri = SinkUri.Parse("null:?hex=true&raw=false&n=7&big=8&odd=yes&c=b&d=z");

        Assert.True(uri.TakeBool("hex"));
        Assert.False(uri.TakeBool("raw"));
        Assert.Null(uri.TakeBool("absent"));
        Assert.Equal(7, uri.TakeInt("n"));
        Assert.Null(uri.TakeInt("absent"));
        Assert.Throws<SinkUriException>(() => uri.TakeInt("big", 0, 7));
        Assert.Throws<SinkUriException>(() => uri.TakeBool("odd"));
        Assert.Equal("b", uri.TakeChoice("c", "a", "b"));
        Assert.Equal("a", uri.TakeChoice("absent", "a", "b"));
        Assert.Throws<SinkUriException>(() => uri.TakeChoice("d", "a", "b"));
        uri.ThrowIfUnused();
    }

    [Fact]
    public void TakePrefixed_PassedThroughOptions_ComeDecodedWithoutPrefix()
    {
        SinkUri uri = SinkUri.Parse("kafka://h/t?config.security.protocol=sasl_ssl&config.sasl.password=a%26b%3Dc%25+d");

        IReadOnlyDictionary<string, string> taken = uri.TakePrefixed("config.");

        Assert.Equal(2, taken.Count);
        Assert.Equal("sasl_ssl", taken["security.protocol"]);
        Assert.Equal("a&b=c%+d", taken["sasl.password"]);
        uri.ThrowIfUnused();
    }
}
