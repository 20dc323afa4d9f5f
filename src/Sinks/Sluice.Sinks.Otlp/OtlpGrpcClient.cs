// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// OTLP/gRPC. A unary call is one POST over HTTP/2 with a prefixed message as its body and the status in the trailers, so the base library's client carries it;
/// a gRPC library would want an object to serialise where the bytes are there already.
/// </summary>
internal sealed class OtlpGrpcClient : OtlpClient
{
    private const string MediaType = "application/grpc";

    private readonly string _timeout;

    public OtlpGrpcClient(OtlpSinkOptions options)
        : base(options) => _timeout = string.Create(CultureInfo.InvariantCulture, $"{(long)options.Timeout.TotalMilliseconds}m");

    protected override HttpRequestMessage CreateRequest(OtlpMessageBytes message)
    {
        HttpRequestMessage request = CreatePost(message.Framed, MediaType + "+proto");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("grpc-timeout", _timeout);
        if (message.IsGzip)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
            request.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity,gzip");
        }

        return request;
    }

    protected override ExportAnswer Judge(HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        // "Trailers-Only": a call that ends at once has its status in the headers.
        HttpResponseHeaders statusHeaders = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        if (Find(statusHeaders, "grpc-status") is not { } text)
        {
            return JudgeWithoutStatus(response);
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !Enum.IsDefined((GrpcStatus)number))
        {
            number = (int)GrpcStatus.UNKNOWN;
        }

        var status = (GrpcStatus)number;
        if (status == GrpcStatus.OK)
        {
            return TryReadMessage(response, body, out ExportAnswer answer)
                ? answer
                : new ExportAnswer(ExportVerdict.Refused, "status OK, but with an answer that is not OTLP's; check the port");
        }

        string message = ServerMessages.OneLine(Uri.UnescapeDataString(Find(statusHeaders, "grpc-message") ?? ""));
        return JudgeStatus(status, message, RetryDelay(statusHeaders));
    }

    /// <summary>A proxy's answer, or that of a server which does not speak gRPC.</summary>
    private static ExportAnswer JudgeWithoutStatus(HttpResponseMessage response)
    {
        int http = (int)response.StatusCode;
        return JudgeStatus(RetryTable.FromHttp(http), string.Create(CultureInfo.InvariantCulture, $"HTTP status {http} without a status of gRPC"), null);
    }

    private static ExportAnswer JudgeStatus(GrpcStatus status, string message, TimeSpan? retryDelay)
    {
        string reason = $"gRPC status {status}{Remedies.Describe(message, Remedies.Of(status))}";
        return RetryTable.IsRetryable(status, retryDelay)
            ? new ExportAnswer(ExportVerdict.Retry, reason, RetryDelay: retryDelay)
            : new ExportAnswer(ExportVerdict.Refused, reason);
    }

    /// <summary>Reads the one message that a unary call is answered with.</summary>
    private static bool TryReadMessage(HttpResponseMessage response, ReadOnlySpan<byte> body, out ExportAnswer answer)
    {
        answer = ExportAnswer.Accepted;
        const int Prefix = OtlpMessageBytes.PrefixBytes;
        if (body.Length < Prefix || BinaryPrimitives.ReadUInt32BigEndian(body[1..]) != (uint)(body.Length - Prefix))
        {
            return false;
        }

        ReadOnlySpan<byte> message = body[Prefix..];
        return body[0] switch
        {
            0 => ServerMessages.TryReadResponse(message, out answer),

            // Servers answer a compressed request in kind, of few bytes as it is.
            1 when Find(response.Headers, "grpc-encoding") == "gzip" =>
                GzipBytes.TryUnpack(message, MaxAnswerBytes) is { } unpacked && ServerMessages.TryReadResponse(unpacked, out answer),
            _ => false,
        };
    }

    /// <summary>RetryInfo comes in a google.rpc.Status, in base64 that is often not padded.</summary>
    private static TimeSpan? RetryDelay(HttpResponseHeaders headers)
    {
        if (Find(headers, "grpc-status-details-bin") is not { } details)
        {
            return null;
        }

        string trimmed = details.TrimEnd('=');
        byte[] base64 = Encoding.ASCII.GetBytes(trimmed.PadRight((trimmed.Length + 3) / 4 * 4, '='));
        return Base64.DecodeFromUtf8InPlace(base64, out int length) == System.Buffers.OperationStatus.Done
            ? ServerMessages.ReadStatus(base64.AsSpan(0, length)).RetryDelay
            : null;
    }

    private static string? Find(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
