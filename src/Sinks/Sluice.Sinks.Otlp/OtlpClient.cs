// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Sinks.Otlp;

/// <summary>Makes one attempt at a time to hand a request to the server, and says what came of it. Thread-safe.</summary>
internal abstract class OtlpClient : IDisposable
{
    /// <summary>What the name of a server stands for may change: so often it is looked up again, between two requests.</summary>
    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Answers have a few hundred bytes. What is longer is no answer to a request for logs.</summary>
    protected const int MaxAnswerBytes = 64 * 1024;

    private readonly HttpMessageInvoker _invoker;
    private readonly TimeSpan _timeout;
    private readonly OtlpSinkOptions _options;

    protected OtlpClient(OtlpSinkOptions options)
    {
        _options = options;
        _timeout = options.Timeout;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = s_connectionLifetime,
            MaxConnectionsPerServer = options.Concurrency,

            // Requests for other people's events are no part of a trace of ours.
            ActivityHeadersPropagator = null,
        };
        if (options.Tls is { } tls)
        {
            handler.SslOptions = tls;
        }

        _invoker = new HttpMessageInvoker(handler);
    }

    public static OtlpClient Create(OtlpSinkOptions options) => options.Protocol == OtlpProtocol.Grpc ? new OtlpGrpcClient(options) : new OtlpHttpClient(options);

    /// <summary>
    /// One attempt. Throws nothing but <see cref="OperationCanceledException"/>, and that only for <paramref name="stop"/>: whatever happens on the way is an
    /// answer.
    /// </summary>
    /// <param name="message">The request, closed.</param>
    /// <param name="stop">Gives the attempt up.</param>
    public async Task<ExportAnswer> ExportAsync(OtlpMessageBytes message, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_timeout);
        byte[]? answer = null;
        try
        {
            using HttpRequestMessage request = CreateRequest(message);
            using HttpResponseMessage response = await _invoker.SendAsync(request, limit.Token).ConfigureAwait(false);
            answer = System.Buffers.ArrayPool<byte>.Shared.Rent(MaxAnswerBytes);
            int length = await ReadAsync(response, answer, limit.Token).ConfigureAwait(false);
            return Judge(response, answer.AsSpan(0, length));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new ExportAnswer(ExportVerdict.Retry, string.Create(CultureInfo.InvariantCulture, $"no answer within {_timeout.TotalSeconds} s"));
        }
        catch (HttpRequestException e)
        {
            OnTransportFailure();
            bool isTls = e.HttpRequestError == HttpRequestError.SecureConnectionError || e.InnerException is AuthenticationException;
            return new ExportAnswer(isTls ? ExportVerdict.TlsFailed : ExportVerdict.Retry, Explain(e));
        }
        catch (IOException e)
        {
            OnTransportFailure();
            return new ExportAnswer(ExportVerdict.Retry, Explain(e));
        }
        finally
        {
            if (answer is not null)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(answer);
            }
        }
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>A new message for an attempt; it is not sent twice.</summary>
    protected abstract HttpRequestMessage CreateRequest(OtlpMessageBytes message);

    /// <summary>What an answer means. <paramref name="body"/> is at most <see cref="MaxAnswerBytes"/> long.</summary>
    protected abstract ExportAnswer Judge(HttpResponseMessage response, ReadOnlySpan<byte> body);

    /// <summary>The connection broke before there was an answer.</summary>
    protected virtual void OnTransportFailure()
    {
    }

    protected HttpRequestMessage CreatePost(ReadOnlyMemory<byte> body, string contentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _options.Endpoint) { Content = new RequestContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);

        // The name in the certificate, and with it the virtual host behind a shared address.
        request.Headers.Host = _options.Tls?.TargetHost;
        foreach ((string name, string value) in _options.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (!request.Headers.Contains("user-agent"))
        {
            request.Headers.TryAddWithoutValidation("user-agent", UserAgent.Text);
        }

        return request;
    }

    private static async Task<int> ReadAsync(HttpResponseMessage response, byte[] buffer, CancellationToken cancellationToken)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return await body.ReadAtLeastAsync(buffer.AsMemory(0, MaxAnswerBytes), MaxAnswerBytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The exception at the bottom has the system's words, such as "Connection refused".</summary>
    private static string Explain(Exception e) => ServerMessages.OneLine(e.GetBaseException().Message).TrimEnd('.');
}
