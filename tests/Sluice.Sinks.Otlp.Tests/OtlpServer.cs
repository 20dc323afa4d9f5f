// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Sluice.TestSupport.Otlp;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>An OTLP receiver that answers as it is told: the answers of a queue, then <see cref="Otherwise"/>. Requests without records are taken and not counted.</summary>
internal sealed class OtlpServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _isGrpc;
    private readonly bool _usesTls;
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly ConcurrentQueue<SeenRequest> _requests = new();
    private readonly ConcurrentQueue<LogRecord> _taken = new();

    private OtlpServer(WebApplication app, bool isGrpc, bool usesTls)
    {
        _app = app;
        _isGrpc = isGrpc;
        _usesTls = usesTls;
    }

    /// <summary>The answer when the queue is empty.</summary>
    public Func<Answer> Otherwise { get; set; } = () => new Answer();

    /// <summary>The answer to requests without records, such as the sink's first.</summary>
    public Answer ToEmpty { get; set; } = new();

    /// <summary>Requests with records, refused ones too.</summary>
    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    /// <summary>Records of requests that were answered with success.</summary>
    public IReadOnlyList<LogRecord> Taken => [.. _taken];

    /// <summary>Numbers of the events taken, in the order in which they were.</summary>
    public IReadOnlyList<ulong> TakenNumbers => [.. _taken.Select(NumberedEvents.NumberOf)];

    public int Port { get; private set; }

    public string Uri => _isGrpc ? $"otlp+grpc://127.0.0.1:{Port}" : $"otlp+http://127.0.0.1:{Port}";

    public static async Task<OtlpServer> StartAsync(
        string protocol, X509Certificate2? certificate = null, X509Certificate2? clientAuthority = null, int port = 0)
    {
        bool isGrpc = protocol == "grpc";
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1;
                if (certificate is not null)
                {
                    UseTls(listen, certificate, clientAuthority);
                }
            });
        });
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var server = new OtlpServer(builder.Build(), isGrpc, certificate is not null);
        server._app.Run(server.HandleAsync);
        await server._app.StartAsync();
        server.Port = new System.Uri(server._app.Urls.Single()).Port;
        return server;
    }

    public void Enqueue(params ReadOnlySpan<Answer> answers)
    {
        foreach (Answer answer in answers)
        {
            _answers.Enqueue(answer);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static void UseTls(ListenOptions listen, X509Certificate2 certificate, X509Certificate2? clientAuthority) => listen.UseHttps(tls =>
    {
        tls.ServerCertificate = certificate;
        if (clientAuthority is not null)
        {
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (client, _, _) => TestCertificates.IsSignedBy(client, clientAuthority);
        }
    });

    private async Task HandleAsync(HttpContext context)
    {
        byte[] body = await ReadBodyAsync(context.Request);
        ExportLogsServiceRequest message = ExportLogsServiceRequest.Parser.ParseFrom(body);
        bool isEmpty = message.ResourceLogs.All(resource => resource.ScopeLogs.All(scope => scope.LogRecords.Count == 0));
        Answer answer = isEmpty ? ToEmpty : _answers.TryDequeue(out Answer? next) ? next : Otherwise();
        if (!isEmpty)
        {
            var headers = context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
            headers[":path"] = context.Request.Path;
            headers[":protocol"] = context.Request.Protocol;
            _requests.Enqueue(new SeenRequest(message, body.Length, headers, DateTime.UtcNow));
        }

        // The record counts as taken before the answer is out: from here on the server has it, whatever becomes of the answer.
        if (answer.Takes || answer.Aborts)
        {
            Keep(message);
        }

        await Task.Delay(answer.Delay, CancellationToken.None);
        await (answer.Aborts ? AbortAsync(context) : _isGrpc ? AnswerGrpcAsync(context, answer) : AnswerHttpAsync(context, answer));
    }

    private void Keep(ExportLogsServiceRequest message)
    {
        foreach (LogRecord record in message.ResourceLogs.SelectMany(resource => resource.ScopeLogs).SelectMany(scope => scope.LogRecords))
        {
            _taken.Enqueue(record);
        }
    }

    private static Task AbortAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private async Task<byte[]> ReadBodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        byte[] bytes = body.ToArray();
        bool isGzip = request.Headers.ContentEncoding == "gzip";
        if (_isGrpc)
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1)) != bytes.Length - 5)
            {
                throw new InvalidDataException("The message's prefix is wrong.");
            }

            isGzip = bytes[0] == 1;
            bytes = bytes[5..];
        }

        return isGzip ? Unpack(bytes) : bytes;
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static byte[] BodyOf(Answer answer)
    {
        if (answer.Body is not null)
        {
            return answer.Body;
        }

        var response = new ExportLogsServiceResponse();
        if (answer.Rejected != 0 || answer.Message.Length != 0)
        {
            response.PartialSuccess = new ExportLogsPartialSuccess { RejectedLogRecords = answer.Rejected, ErrorMessage = answer.Message };
        }

        return response.ToByteArray();
    }

    private static async Task AnswerHttpAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.HttpStatus;
        context.Response.ContentType = answer.ContentType ?? "application/x-protobuf";
        if (answer.RetryAfter is not null)
        {
            context.Response.Headers.RetryAfter = answer.RetryAfter;
        }

        byte[] body = answer.HttpStatus == 200 || answer.Body is not null ? BodyOf(answer) : new Status { Code = 2, Message = answer.Message }.ToByteArray();
        await context.Response.Body.WriteAsync(body);
    }

    private static async Task AnswerGrpcAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.HttpStatus;
        context.Response.ContentType = answer.ContentType ?? "application/grpc";
        if (answer.HidesStatus || answer.HttpStatus != 200)
        {
            await context.Response.Body.WriteAsync(answer.Body ?? []);
            return;
        }

        if (answer.GrpcStatus == 0)
        {
            byte[] message = BodyOf(answer);
            byte[] prefix = new byte[5];
            BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)message.Length);
            await context.Response.Body.WriteAsync(answer.Body ?? [.. prefix, .. message]);
        }

        IHeaderDictionary trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        trailers["grpc-status"] = answer.GrpcStatus.ToString(System.Globalization.CultureInfo.InvariantCulture);
        trailers["grpc-message"] = System.Uri.EscapeDataString(answer.Message);
        if (answer.RetryInfo is { } delay)
        {
            trailers["grpc-status-details-bin"] = RetryDetails(answer.GrpcStatus, delay);
        }
    }

    private static string RetryDetails(int status, TimeSpan delay)
    {
        var info = new RetryInfo { RetryDelay = new Duration { Seconds = (long)delay.TotalSeconds, Nanos = delay.Milliseconds * 1_000_000 } };
        var details = new Status { Code = status, Message = "later" };
        details.Details.Add(new Any { TypeUrl = "type.googleapis.com/google.rpc.DebugInfo", Value = ByteString.CopyFromUtf8("x") });
        details.Details.Add(new Any { TypeUrl = "type.googleapis.com/google.rpc.RetryInfo", Value = info.ToByteString() });
        return Convert.ToBase64String(details.ToByteArray()).TrimEnd('=');
    }
}
