// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Telemetry.Http;

/// <summary>
/// The smallest server that Prometheus, probes and browsers need: one GET per connection, a few at a time, each bounded in bytes and time.
/// </summary>
/// <remarks>
/// Why not the framework's: HttpListener takes neither an IPv6 address nor 0.0.0.0 nor port 0, and answers 404 to whoever calls the host by another name than
/// the one it was bound by; Kestrel would make every host install the ASP.NET runtime.
/// </remarks>
internal sealed class StatusServer : IAsyncDisposable
{
    // Prometheus and two probes are three. More wait in the kernel's queue; a caller that sends nothing cannot take what others need for long.
    private const int MaxConnections = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _slots = new(MaxConnections);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly Func<string, StatusReply> _answer;
    private readonly ILogger _logger;
    private readonly Task _loop;

    // What fails goes on failing for a while, and callers may be many: only the first of a series is logged. Several threads at once log it twice at worst.
    private volatile bool _acceptFails;
    private volatile bool _answerFails;
    private int _isDisposed;

    private StatusServer(Socket listener, Func<string, StatusReply> answer, ILogger logger)
    {
        _listener = listener;
        _answer = answer;
        _logger = logger;
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _loop = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens; with the port that the kernel chose when 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Listens at this address and no other, and answers from now on.</summary>
    /// <param name="endPoint">The address. The IPv6 address [::] takes IPv4 as well.</param>
    /// <param name="answer">Gives the reply for a path; called on threads of the pool, several at a time.</param>
    /// <param name="logger">Hears when an answer could not be made.</param>
    /// <exception cref="SocketException">The port is taken, the address is not this host's, or the privilege is missing.</exception>
    public static StatusServer Start(IPEndPoint endPoint, Func<string, StatusReply> answer, ILogger logger)
    {
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                listener.DualMode = endPoint.Address.Equals(IPAddress.IPv6Any);
            }

            listener.Bind(endPoint);
            listener.Listen(MaxConnections);
            return new StatusServer(listener, answer, logger);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Listens no more and breaks off what is under way. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync();
        _listener.Dispose();
        await _loop;
        for (int i = 0; i < MaxConnections; i++)
        {
            // A slot comes back when its connection is closed: after this no answer reads the counters any more.
            await _slots.WaitAsync();
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (await TryAcceptAsync() is { } connection)
            {
                _ = ServeAsync(connection);
            }
            else
            {
                _slots.Release();
            }
        }
    }

    private async Task<Socket?> TryAcceptAsync()
    {
        try
        {
            Socket connection = await _listener.AcceptAsync(_stop.Token);
            _acceptFails = false;
            return connection;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || _stop.IsCancellationRequested)
        {
            return null;
        }
        catch (SocketException e)
        {
            // The caller went away, or the process has no descriptor left: the capture matters more than this server, so it only goes on slowly.
            if (!_acceptFails)
            {
                TelemetryLog.AcceptFailed(_logger, e);
            }

            _acceptFails = true;
            await Task.Delay(s_acceptPause);
            return null;
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(s_patience);
        try
        {
            using (connection)
            {
                await AnswerAsync(connection, limit.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Too slow, or gone: the caller's own business.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task AnswerAsync(Socket connection, CancellationToken cancellation)
    {
        byte[] head = new byte[StatusRequest.MaxHeadBytes];
        int length = 0;
        while (length < head.Length && !StatusRequest.IsWhole(head.AsSpan(0, length)))
        {
            int read = await connection.ReceiveAsync(head.AsMemory(length), cancellation);
            if (read == 0)
            {
                return;
            }

            length += read;
        }

        (byte[] headBytes, ReadOnlyMemory<byte> body) = Respond(head.AsSpan(0, length));
        await SendAllAsync(connection, headBytes, cancellation);
        await SendAllAsync(connection, body, cancellation);

        // Closing with unread bytes in the socket would be a reset, which can take the answer away from the caller: so let it close first.
        connection.Shutdown(SocketShutdown.Send);
        while (await connection.ReceiveAsync(head, cancellation) != 0)
        {
        }
    }

    private (byte[] Head, ReadOnlyMemory<byte> Body) Respond(ReadOnlySpan<byte> head)
    {
        StatusReply reply = ReplyTo(head, out bool isHead);
        string allow = reply.Code == 405 ? "Allow: GET, HEAD\r\n" : string.Empty;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {reply.Code} {Reason(reply.Code)}\r\nContent-Type: {reply.ContentType}\r\nContent-Length: {reply.Body.Length}\r\nCache-Control: no-store\r\n{allow}Connection: close\r\n\r\n");
        return (Encoding.ASCII.GetBytes(text), isHead ? ReadOnlyMemory<byte>.Empty : reply.Body);
    }

    private StatusReply ReplyTo(ReadOnlySpan<byte> head, out bool isHead)
    {
        isHead = false;
        if (!StatusRequest.IsWhole(head))
        {
            return StatusReply.Text(431, "the head of the request is too long");
        }

        if (!StatusRequest.TryParse(head, out StatusRequest request))
        {
            return StatusReply.Text(400, "this is no request of HTTP/1.1");
        }

        isHead = request.Method == "HEAD";
        if (request.Method is not ("GET" or "HEAD"))
        {
            return StatusReply.Text(405, "only GET and HEAD");
        }

        try
        {
            StatusReply reply = _answer(request.Path);
            _answerFails = false;
            return reply;
        }
        catch (Exception e)
        {
            if (!_answerFails)
            {
                TelemetryLog.AnswerFailed(_logger, request.Path, e);
            }

            _answerFails = true;
            return StatusReply.Text(500, "the answer could not be made; the log of sluice says why");
        }
    }

    private static async Task SendAllAsync(Socket connection, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length != 0)
        {
            bytes = bytes[await connection.SendAsync(bytes, cancellation)..];
        }
    }

    private static string Reason(int code) => code switch
    {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
}
