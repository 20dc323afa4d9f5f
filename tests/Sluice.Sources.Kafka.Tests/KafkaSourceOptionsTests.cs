// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

public sealed class KafkaSourceOptionsTests
{
    private static KafkaSourceOptions Parse(string uri) => KafkaSourceOptions.Parse(SinkUri.ParseSource(uri), "g");

    [Theory]
    [InlineData("kafka://h1:9092,h2/tls", "h1:9092,h2", "tls", false)]
    [InlineData("kafka://h1:9092?topic=tls,conn&start=latest", "h1:9092", "tls|conn", true)]
    [InlineData("kafka://[::1]:9092/tls,tls&start=earliest", "[::1]:9092", "tls", false)]
    [InlineData("kafka://h?topic=^sluice%5C..{1,9}$", "h", "^sluice\\..{1,9}$", false)]
    public void Parse_GoodUris_AreUnderstood(string uri, string brokers, string topics, bool startsAtEnd)
    {
        KafkaSourceOptions options = Parse(uri.Replace("/tls,tls&", "/tls,tls?", StringComparison.Ordinal));

        Assert.Equal(brokers, options.Brokers);
        Assert.Equal(topics, string.Join('|', options.Topics));
        Assert.Equal(startsAtEnd, options.StartsAtEnd);
    }

    [Theory]
    [InlineData("jsonl:/tmp/x", "unknown kind of source 'jsonl'")]
    [InlineData("tls", "not a source URI")]
    [InlineData("kafka://h:9092", "it needs a topic")]
    [InlineData("kafka:///tls", "it needs brokers and a topic")]
    [InlineData("kafka://h:70000/tls", "'h:70000' is no broker")]
    [InlineData("kafka://h/a/b", "'a/b' is no topic")]
    [InlineData("kafka://h/a?topic=b", "give it once")]
    [InlineData("kafka://h?topic=^(", "no pattern of topics")]
    [InlineData("kafka://h/a?start=now", "'start' is 'now', but must be one of earliest, latest")]
    [InlineData("kafka://h/a?overflow=block", "unknown option 'overflow'; the options of this source are config.*, start, topic")]
    [InlineData("kafka://h/a?config.group.id=x", "the group is --group")]
    [InlineData("kafka://h/a?config.enable.auto.commit=true", "offsets are committed when the sinks have an outcome")]
    [InlineData("kafka://h/a?config.sasl.password=@env:SLUICE_TEST_NO_SUCH_VARIABLE", "not set or empty")]
    public void Parse_BadUris_AreRefusedByName(string uri, string problem)
    {
        SinkUriException e = Assert.Throws<SinkUriException>(() => Parse(uri));

        Assert.StartsWith("Source '", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Parse_PasswordInAFile_IsReadFromIt()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "secret\n");

            Assert.Equal("secret", Parse($"kafka://h/a?config.sasl.password=@file:{path}").Configuration["sasl.password"]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
