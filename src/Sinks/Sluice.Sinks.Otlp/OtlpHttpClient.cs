// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;

namespace Sluice.Sinks.Otlp;

/// <summary>OTLP/HTTP with binary Protocol Buffers.</summary>
internal sealed class OtlpHttpClient : OtlpClient
{
    private const string MediaType = "application/x-protobuf";

    /// <summary>
    /// A server that refuses a request by its size may answer and close before it has read it, and of the answer nothing is seen then but a broken connection,
    /// again and again. So after a broken connection the next attempt asks before it sends (100-continue): that answer is seen.
    /// </summary>
    private volatile bool _asksFirst;

    public OtlpHttpClient(OtlpSinkOptions options)
        : base(options)
    {
    }

    protected override HttpRequestMessage CreateRequest(OtlpMessageBytes message)
    {
        HttpRequestMessage request = CreatePost(message.Request, MediaType);
        if (message.IsGzip)
        {
            request.Content!.Headers.ContentEncoding.Add("gzip");
        }

        request.Headers.ExpectContinue = _asksFirst ? true : null;
        return request;
    }

    protected override void OnTransportFailure() => _asksFirst = true;

    protected override ExportAnswer Judge(HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        _asksFirst = false;
        bool isProtobuf = string.Equals(response.Content.Headers.ContentType?.MediaType, MediaType, StringComparison.OrdinalIgnoreCase);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return JudgeFailure(response, isProtobuf ? ServerMessages.ReadStatus(body).Message : "");
        }

        // A server that knows nothing of OTLP may say 200 to everything; that acknowledges nothing.
        return body.IsEmpty || (isProtobuf && ServerMessages.TryReadResponse(body, out _))
            ? Read(body)
            : new ExportAnswer(ExportVerdict.Refused, "status 200, but with an answer that is not OTLP's; check port and path");
    }

    private static ExportAnswer Read(ReadOnlySpan<byte> body)
    {
        ServerMessages.TryReadResponse(body, out ExportAnswer answer);
        return answer;
    }

    private static ExportAnswer JudgeFailure(HttpResponseMessage response, string message)
    {
        int status = (int)response.StatusCode;
        string reason = string.Create(CultureInfo.InvariantCulture, $"HTTP status {status}{Remedies.Describe(message, Remedies.Of(status))}");
        return RetryTable.IsRetryable(status)
            ? new ExportAnswer(ExportVerdict.Retry, reason, RetryDelay: DelayOf(response.Headers.RetryAfter))
            : new ExportAnswer(ExportVerdict.Refused, reason);
    }

    /// <summary>Retry-After is a number of seconds or a date.</summary>
    private static TimeSpan? DelayOf(RetryConditionHeaderValue? retryAfter)
    {
        TimeSpan? delay = retryAfter?.Delta ?? (retryAfter?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return delay is { } known ? TimeSpan.FromSeconds(Math.Clamp(known.TotalSeconds, 0, 86_400)) : null;
    }
}
