// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>Finds out at the start whether there is a server that takes our requests, by sending one without events.</summary>
internal sealed class ServerCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly OtlpClient _client;
    private readonly OtlpSinkOptions _options;

    public ServerCheck(OtlpClient client, OtlpSinkOptions options)
    {
        _client = client;
        _options = options;
    }

    /// <summary>Returns when a server has taken the request.</summary>
    /// <exception cref="SinkException">None answered in time, or one refused it.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var request = new OtlpRequest(_options.MaxRequestBytes, _options.Compression);
        request.FillWithNothing();
        OtlpMessageBytes message = request.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_timeout);
        long start = Stopwatch.GetTimestamp();
        string reason = "no answer";
        try
        {
            do
            {
                ExportAnswer answer = await _client.ExportAsync(message, limit.Token).ConfigureAwait(false);
                if (answer.Verdict == ExportVerdict.Accepted)
                {
                    return;
                }

                ThrowIfHopeless(answer);
                reason = answer.Reason;
                await Task.Delay(s_pause, limit.Token).ConfigureAwait(false);
            }
            while (Stopwatch.GetElapsedTime(start) < s_timeout);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over: said below.
        }

        throw Error(
            $"no server took a request within {s_timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s ({reason}). "
            + "Check that it runs and that address and protocol are right, or add start=lazy to the sink's options to start without it",
            isConfiguration: false);
    }

    private void ThrowIfHopeless(ExportAnswer answer)
    {
        if (answer.Verdict == ExportVerdict.TlsFailed)
        {
            throw Error($"no TLS connection ({answer.Reason}). Check tls, ca and server-name, and cert and key if the server asks for a certificate", true);
        }

        if (answer.Verdict == ExportVerdict.Refused)
        {
            throw Error($"the server refuses requests: {answer.Reason}", true);
        }
    }

    private SinkException Error(string problem, bool isConfiguration) =>
        new($"Sink '{_options.DisplayName}': {problem}.") { IsConfiguration = isConfiguration };
}
