// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Sluice.Collector.Telemetry;

namespace Sluice.Collector.CommandLine;

/// <summary>Checks the words about own telemetry.</summary>
internal static class TelemetrySettingsReader
{
    /// <summary>The value of <c>--telemetry-otlp</c> that leaves the rest to OpenTelemetry's variables.</summary>
    public const string FromEnvironment = "env";

    private const string GrpcPrefix = "otlp+grpc://";
    private const string HttpPrefix = "otlp+http://";
    private const string TlsSuffix = "?tls=true";

    private static readonly string[] s_endpointVariables =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    /// <exception cref="UsageException">A word cannot be.</exception>
    public static TelemetrySettings Read(TelemetryWords words) => words is { Listen: null, Otlp: null } ? TelemetrySettings.None : ReadAsked(words);

    /// <summary>Apart, so that who asks for nothing loads nothing of the network.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TelemetrySettings ReadAsked(TelemetryWords words) =>
        new() { Listen = ReadListen("--listen", words.Listen), Otlp = ReadOtlp("--telemetry-otlp", words.Otlp) };

    /// <summary>Null when it is not given.</summary>
    public static IPEndPoint? ReadListen(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        // IPEndPoint would take an address alone, and an IPv6 address without brackets whose last group looks like a port.
        int colon = text.LastIndexOf(':');
        string address = colon < 0 ? string.Empty : text[..colon];
        bool isBracketed = address.StartsWith('[') && address.EndsWith(']');
        bool isGood = ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ushort port)
            & IPAddress.TryParse(address == "localhost" ? "127.0.0.1" : address, out IPAddress? ip);
        return isGood && isBracketed == (ip!.AddressFamily == AddressFamily.InterNetworkV6)
            ? new IPEndPoint(ip, port)
            : throw new UsageException($"{option} '{text}': ADDRESS:PORT is wanted, such as 127.0.0.1:9464, [::1]:9464, or 0.0.0.0:9464 for every IPv4 address of the host ([::]:9464: for IPv6 too).");
    }

    /// <summary>Null when it is not given.</summary>
    public static OtlpTarget? ReadOtlp(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (text == FromEnvironment)
        {
            return s_endpointVariables.Any(static name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
                ? new OtlpTarget(null, IsGrpc: false)
                : throw new UsageException($"{option} {FromEnvironment}: the environment has no {s_endpointVariables[0]}; set it, or give a URL.");
        }

        bool isGrpc = text.StartsWith(GrpcPrefix, StringComparison.Ordinal);
        string url = isGrpc ? Plain(text, GrpcPrefix) : text.StartsWith(HttpPrefix, StringComparison.Ordinal) ? Plain(text, HttpPrefix) : text;
        bool isUrl = Uri.TryCreate(url, UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https";
        return isUrl && endpoint!.Host.Length != 0 && endpoint.Query.Length == 0 && endpoint.UserInfo.Length == 0 && (!isGrpc || endpoint.AbsolutePath == "/")
            ? new OtlpTarget(endpoint, isGrpc)
            : throw new UsageException($"{option} '{text}': otlp+grpc://HOST:4317, otlp+http://HOST:4318, both with ?tls=true for TLS, an http or https URL, or {FromEnvironment} is wanted.");
    }

    /// <summary>From the form of a sink's URI to that of a URL.</summary>
    private static string Plain(string text, string prefix)
    {
        string rest = text[prefix.Length..];
        return rest.EndsWith(TlsSuffix, StringComparison.Ordinal) ? "https://" + rest[..^TlsSuffix.Length] : "http://" + rest;
    }
}
