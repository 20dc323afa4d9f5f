// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Security;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// What an <c>otlp+grpc:</c> or <c>otlp+http:</c> URI says: <c>otlp+grpc://host:4317</c>, <c>otlp+http://host:4318/v1/logs</c>, and as options
/// <c>compression=none|gzip</c>, <c>max-request-bytes</c>, <c>concurrency</c>, <c>linger</c>, <c>timeout</c>, <c>start=check|lazy</c>,
/// <c>header.NAME=VALUE</c>, and for TLS <c>tls</c>, <c>ca</c>, <c>cert</c>, <c>key</c>, <c>server-name</c>. Values of headers may stand in a file or an
/// environment variable (<see cref="ReferredValue"/>).
/// </summary>
public sealed class OtlpSinkOptions
{
    /// <summary>
    /// Many servers refuse messages above 4 MiB, gRPC's own default. The bound is on what stands between the message's first and last byte, so a little
    /// less leaves room for whatever a proxy counts on top.
    /// </summary>
    public const int DefaultMaxRequestBytes = 4_000_000;

    /// <summary>The specification's recommendation for what a server should take at most.</summary>
    public const int LargestMaxRequestBytes = 64 * 1024 * 1024;

    private const string GrpcScheme = "otlp+grpc";
    private const string HeaderPrefix = "header.";
    private const string DefaultHttpPath = "/v1/logs";
    private const string GrpcPath = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    private const int GrpcPort = 4317;
    private const int HttpPort = 4318;
    private const int MaxConcurrency = 64;

    /// <summary>The sink's key in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>How messages name the sink: its URI without options, which may hold secrets.</summary>
    public required string DisplayName { get; init; }

    public required OtlpProtocol Protocol { get; init; }

    /// <summary>Where requests go.</summary>
    public required Uri Endpoint { get; init; }

    public OtlpCompression Compression { get; init; }

    /// <summary>The most bytes that a request may have before it is compressed.</summary>
    public int MaxRequestBytes { get; init; } = DefaultMaxRequestBytes;

    /// <summary>Requests that may be on their way at the same time. Connections are dealt out among them, so each one's events keep their order.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>
    /// How long an event may wait for others to fill the request. Some 50 requests a second at most then, instead of one for each batch that the
    /// reader makes; longer makes larger requests, shorter shows an event sooner.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long one attempt may take, from the connection to the answer's end.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>True: start although nobody answers, and let events wait.</summary>
    public bool StartsLazily { get; init; }

    /// <summary>Headers of every request, checked.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Certificates and names; null without TLS.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Reads the options of a sink and checks every one of them. Reads the files of certificates; no network.</summary>
    /// <exception cref="SinkUriException">An option is unknown or has a bad value.</exception>
    public static OtlpSinkOptions Parse(SinkUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        OtlpProtocol protocol = uri.Scheme == GrpcScheme ? OtlpProtocol.Grpc : OtlpProtocol.Http;
        SslClientAuthenticationOptions? tls = TlsOptions.Parse(uri);
        var options = new OtlpSinkOptions
        {
            Name = uri.Name,
            DisplayName = uri.Text,
            Protocol = protocol,
            Endpoint = ParseEndpoint(uri, protocol, tls is not null),
            Compression = uri.TakeChoice("compression", "none", "gzip") == "gzip" ? OtlpCompression.Gzip : OtlpCompression.None,
            MaxRequestBytes = TakeMaxRequestBytes(uri),
            Concurrency = uri.TakeInt("concurrency", 1, MaxConcurrency) ?? 1,
            Linger = uri.TakeDuration("linger") ?? TimeSpan.FromMilliseconds(20),
            Timeout = TakeTimeout(uri),
            StartsLazily = uri.TakeChoice("start", "check", "lazy") == "lazy",
            Headers = TakeHeaders(uri),
            Tls = tls,
        };
        uri.ThrowIfUnused();
        return options;
    }

    private static Uri ParseEndpoint(SinkUri uri, OtlpProtocol protocol, bool usesTls)
    {
        string example = protocol == OtlpProtocol.Grpc ? "otlp+grpc://host:4317" : "otlp+http://host:4318/v1/logs";
        string scheme = usesTls ? "https" : "http";
        int slash = uri.Target.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? uri.Target : uri.Target[..slash];
        string path = slash < 0 ? "" : uri.Target[slash..];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            throw uri.Error("a user name has no place in the address; give credentials as header.authorization=@file:PATH");
        }

        if (authority.Length == 0 || !Uri.TryCreate($"{scheme}://{authority}", UriKind.Absolute, out Uri? address) || address.AbsolutePath != "/"
            || address.Fragment.Length != 0 || address.Host.Length == 0 || address.Port == 0)
        {
            throw uri.Error($"'{authority}' is no address; write {example}");
        }

        if (protocol == OtlpProtocol.Grpc)
        {
            return path is "" or "/" ? Build(address, authority, GrpcPort, GrpcPath) : throw uri.Error($"gRPC has no path; write {example}");
        }

        return Build(address, authority, HttpPort, path is "" or "/" ? DefaultHttpPath : path);
    }

    /// <summary><see cref="Uri"/> knows only the ports of HTTP as defaults, and hides them, so the text is asked whether a port was given.</summary>
    private static Uri Build(Uri address, string authority, int defaultPort, string path)
    {
        bool hasPort = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        return new UriBuilder(address.Scheme, address.Host, hasPort ? address.Port : defaultPort, path).Uri;
    }

    private static int TakeMaxRequestBytes(SinkUri uri)
    {
        long bytes = uri.TakeSize("max-request-bytes", minBytes: 1024) ?? DefaultMaxRequestBytes;
        return bytes <= LargestMaxRequestBytes
            ? (int)bytes
            : throw uri.Error("option 'max-request-bytes' must be 64MiB at most, which is what servers are advised to take");
    }

    private static TimeSpan TakeTimeout(SinkUri uri)
    {
        TimeSpan timeout = uri.TakeDuration("timeout") ?? TimeSpan.FromSeconds(30);
        return timeout <= TimeSpan.FromHours(1) ? timeout : throw uri.Error("option 'timeout' must be 1h at most");
    }

    private static Dictionary<string, string> TakeHeaders(SinkUri uri)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in uri.TakePrefixed(HeaderPrefix))
        {
            string option = HeaderPrefix + name;
            string resolved = ReferredValue.Resolve(uri, option, value);
            if (HeaderRules.FindProblem(name, resolved) is { } problem)
            {
                throw uri.Error(string.Create(CultureInfo.InvariantCulture, $"option '{option}' {problem}"));
            }

            if (!headers.TryAdd(name, resolved))
            {
                throw uri.Error($"header '{name}' is given twice; give it once");
            }
        }

        return headers;
    }
}
