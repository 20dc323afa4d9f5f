// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

public sealed class OtlpSinkOptionsTests
{
    private static OtlpSinkOptions Parse(string uri) => OtlpSinkOptions.Parse(SinkUri.Parse(uri));

    [Theory]
    [InlineData("otlp+grpc://h", "http://h:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    [InlineData("otlp+grpc://h:1/", "http://h:1/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    [InlineData("otlp+grpc://[::1]?tls=true", "https://[::1]:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export")]
    [InlineData("otlp+http://h", "http://h:4318/v1/logs")]
    [InlineData("otlp+http://h:80", "http://h:80/v1/logs")]
    [InlineData("otlp+http://[2001:db8::1]:99/", "http://[2001:db8::1]:99/v1/logs")]
    [InlineData("otlp+http://h:443/api/logs?tls=true", "https://h:443/api/logs")]
    public void Parse_Address_IsTheEndpoint(string uri, string endpoint) => Assert.Equal(new Uri(endpoint), Parse(uri).Endpoint);

    [Fact]
    public void Parse_NothingGiven_HasTheDefaults()
    {
        OtlpSinkOptions options = Parse("otlp+http://h:4318");

        Assert.Equal("otlp+http://h:4318", options.Name);
        Assert.Equal(4_000_000, options.MaxRequestBytes);
        Assert.Equal(1, options.Concurrency);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Timeout);
        Assert.Equal(TimeSpan.FromMilliseconds(20), options.Linger);
        Assert.Equal(OtlpCompression.None, options.Compression);
        Assert.False(options.StartsLazily);
        Assert.Null(options.Tls);
        Assert.Empty(options.Headers);
    }

    [Theory]
    [InlineData("otlp+grpc://", "is no address")]
    [InlineData("otlp+grpc://h:99999", "is no address")]
    [InlineData("otlp+grpc://h:0", "is no address")]
    [InlineData("otlp+grpc://h:4317/v1/logs", "gRPC has no path")]
    [InlineData("otlp+http://a:b@h:4318", "header.authorization")]
    [InlineData("otlp+http://h#x", "is no address")]
    [InlineData("otlp+http://h?compression=zstd", "one of none, gzip")]
    [InlineData("otlp+http://h?max-request-bytes=10", "at least 1024")]
    [InlineData("otlp+http://h?max-request-bytes=65MiB", "64MiB at most")]
    [InlineData("otlp+http://h?concurrency=0", "from 1 to 64")]
    [InlineData("otlp+http://h?timeout=2h", "1h at most")]
    [InlineData("otlp+http://h?start=never", "check, lazy")]
    [InlineData("otlp+http://h?tls=no", "true or false")]
    [InlineData("otlp+http://h?tls=false&ca=/x", "contradicts")]
    [InlineData("otlp+http://h?key=/x", "add cert=FILE")]
    [InlineData("otlp+http://h?ca=/does/not/exist", "'/does/not/exist', which cannot be used")]
    [InlineData("otlp+http://h?header.Content-Type=x", "sets itself")]
    [InlineData("otlp+http://h?header.grpc-timeout=x", "sets itself")]
    [InlineData("otlp+http://h?header.a(b=x", "no name of a header")]
    [InlineData("otlp+http://h?header.a=top%0asecret", "printable ASCII")]
    [InlineData("otlp+http://h?header.a=1&header.A=2", "given twice")]
    [InlineData("otlp+http://h?header.a=@env:SLUICE_NOT_SET", "SLUICE_NOT_SET")]
    [InlineData("otlp+http://h?colour=red", "unknown option 'colour'")]
    public void Parse_BadOption_SaysWhatIsWrong(string uri, string says)
    {
        SinkUriException e = Assert.Throws<SinkUriException>(() => Parse(uri));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_FilesThatHoldNoCertificates_AreRefused()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "nothing here");
        try
        {
            Assert.Contains("cannot be used", Assert.Throws<SinkUriException>(() => Parse($"otlp+http://h?ca={path}")).Message, StringComparison.Ordinal);
            Assert.Contains("cannot be used", Assert.Throws<SinkUriException>(() => Parse($"otlp+http://h?cert={path}")).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Parse_HeaderInAFile_IsRead()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "Bearer abc\n");
        try
        {
            Assert.Equal("Bearer abc", Parse($"otlp+http://h?header.authorization=@file:{path}").Headers["authorization"]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
