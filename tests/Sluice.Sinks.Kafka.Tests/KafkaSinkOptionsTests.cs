// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

public sealed class KafkaSinkOptionsTests
{
    [Fact]
    public void Parse_NoOptions_HasSafeDefaults()
    {
        KafkaSinkOptions options = Parse("kafka://h1:9092,h2:9092/tls");

        Assert.Equal("h1:9092,h2:9092", options.Brokers);
        Assert.Equal("tls", options.Topic);
        Assert.Equal((KafkaEncoding.Json, KafkaKey.Connection, "none", "all"), (options.Encoding, options.Key, options.Compression, options.Acks));
        Assert.Null(options.DeadLetterTopic);
        Assert.False(options.StartsLazily);
    }

    [Theory]
    [InlineData("h")]
    [InlineData("h:1")]
    [InlineData("kafka_1.example.org:65535")]
    [InlineData("10.0.0.1:9092,[::1]:9092,[2001:db8::1]")]
    public void Parse_BrokersOfEachForm_AreTaken(string brokers) => Assert.Equal(brokers, Parse($"kafka://{brokers}/t").Brokers);

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        KafkaSinkOptions options = Parse(
            "kafka://h:1/cap-{event}?name=k&encoding=msgpack&key=process&compression=lz4&acks=1&dead-letter=dead&start=lazy&config.sasl.password=a%26b");

        Assert.Equal("k", options.Name);
        Assert.Equal("kafka://h:1/cap-{event}", options.DisplayName);
        Assert.Equal((KafkaEncoding.MessagePack, KafkaKey.Process, "lz4", "1"), (options.Encoding, options.Key, options.Compression, options.Acks));
        Assert.Equal("dead", options.DeadLetterTopic);
        Assert.True(options.StartsLazily);
        Assert.Equal("a&b", options.Configuration["sasl.password"]);
    }

    [Theory]
    [InlineData("", KafkaEncoding.Json, false, true)]
    [InlineData("?headers=false", KafkaEncoding.Json, false, false)]
    [InlineData("?batch=true", KafkaEncoding.Json, true, true)]
    [InlineData("?encoding=msgpack&batch=true&headers=false", KafkaEncoding.MessagePack, true, false)]
    [InlineData("?encoding=otlp_proto", KafkaEncoding.OtlpProtobuf, true, true)]
    [InlineData("?encoding=otlp_proto&batch=true", KafkaEncoding.OtlpProtobuf, true, true)]
    public void Parse_Form_IsWhatTheEncodingHas(string query, KafkaEncoding encoding, bool isBatched, bool hasHeaders)
    {
        KafkaSinkOptions options = Parse("kafka://h:1/t" + query);

        Assert.Equal((encoding, isBatched, hasHeaders), (options.Encoding, options.IsBatched, options.HasHeaders));
    }

    [Fact]
    public void Parse_BatchLimits_AreTaken()
    {
        KafkaSinkOptions options = Parse("kafka://h:1/t?encoding=otlp_proto&batch-events=500&batch-bytes=64KiB");

        Assert.Equal((500, 65_536), (options.MaxBatchEvents, options.MaxBatchBytes));
    }

    [Fact]
    public void Parse_ValueInAFile_IsRead()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "hunter2\n");

        KafkaSinkOptions options = Parse($"kafka://h:1/t?config.sasl.password=@file:{path}");
        File.Delete(path);

        Assert.Equal("hunter2", options.Configuration["sasl.password"]);
    }

    [Theory]
    [InlineData("kafka:", "brokers and a topic")]
    [InlineData("kafka://h:9092", "brokers and a topic")]
    [InlineData("kafka://h:9092/", "brokers and a topic")]
    [InlineData("kafka:///t", "brokers and a topic")]
    [InlineData("kafka://h:99999/t", "'h:99999' is no broker")]
    [InlineData("kafka://h:0/t", "'h:0' is no broker")]
    [InlineData("kafka://h:/t", "'h:' is no broker")]
    [InlineData("kafka://h:+1/t", "'h:+1' is no broker")]
    [InlineData("kafka://:9092/t", "':9092' is no broker")]
    [InlineData("kafka://h1:9092,/t", "'' is no broker")]
    [InlineData("kafka://h1:9092,h2:70000/t", "'h2:70000' is no broker")]
    [InlineData("kafka://fe80::1/t", "'fe80::1' is no broker")]
    [InlineData("kafka://[fe80::1/t", "'[fe80::1' is no broker")]
    [InlineData("kafka://[1.2.3.4]:9092/t", "'[1.2.3.4]:9092' is no broker")]
    [InlineData("kafka://[::1]:0/t", "'[::1]:0' is no broker")]
    [InlineData("kafka://[::1]9092/t", "'[::1]9092' is no broker")]
    [InlineData("kafka://h/a b", "'a b' is no topic")]
    [InlineData("kafka://h/{events}", "'{events}' is no topic")]
    [InlineData("kafka://h/t?dead-letter=a/b", "'a/b' is no dead-letter topic")]
    [InlineData("kafka://h/t?encoding=xml", "json, msgpack, otlp_proto")]
    [InlineData("kafka://h/t?encoding=otlp_proto&batch=false", "always has many events")]
    [InlineData("kafka://h/t?batch-events=5", "add batch=true")]
    [InlineData("kafka://h/t?batch-bytes=5&encoding=msgpack", "add batch=true")]
    [InlineData("kafka://h/t?batch=true&batch-events=0", "batch-events")]
    [InlineData("kafka://h/t?batch=yes", "true or false")]
    [InlineData("kafka://h/t?key=ip", "connection, process, host, none")]
    [InlineData("kafka://h/t?acks=2", "all, 1, 0")]
    [InlineData("kafka://h/t?bogus=1", "unknown option 'bogus'")]
    [InlineData("kafka://h/t?config.lingr.ms=1", "config.lingr.ms")]
    [InlineData("kafka://h/t?config.linger.ms=soon", "config.linger.ms")]
    [InlineData("kafka://h/t?config.bootstrap.servers=x", "the brokers stand in the URI")]
    [InlineData("kafka://h/t?config.delivery.report.only.error=true", "the ledger needs every delivery report")]
    public void Parse_BadOption_SaysWhatIsWrong(string uri, string part)
    {
        SinkUriException e = Assert.Throws<SinkUriException>(() => Parse(uri));

        Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    private static KafkaSinkOptions Parse(string uri) => KafkaSinkOptions.Parse(SinkUri.Parse(uri));
}
