// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Demo;

/// <summary>`openssl s_server` on a free port of the loopback address, serving the files of one folder over HTTPS.</summary>
internal sealed class HttpsServer : IAsyncDisposable
{
    private const string CertificateFile = "server-certificate.pem";
    private const string KeyFile = "server-key.pem";
    private const string AcceptPrefix = "ACCEPT 127.0.0.1:";
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(10);

    private readonly ChildProcess _process;

    private HttpsServer(ChildProcess process, int port, string certificatePath)
    {
        _process = process;
        Port = port;
        CertificatePath = certificatePath;
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>What a client has to trust.</summary>
    public string CertificatePath { get; }

    /// <summary>Makes a certificate in <paramref name="folder"/> and serves the other files there.</summary>
    public static async Task<HttpsServer> StartAsync(string openSsl, string folder, CancellationToken stop)
    {
        await MakeCertificateAsync(openSsl, folder, stop);
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Port 0: the system picks a free one, and the server prints it.
        ChildProcess process = ChildProcess.Start(
            openSsl,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", CertificateFile, "-key", KeyFile, "-WWW"],
            folder,
            onOutput: line =>
            {
                if (line.StartsWith(AcceptPrefix, StringComparison.Ordinal))
                {
                    port.TrySetResult(int.Parse(line.AsSpan(AcceptPrefix.Length), CultureInfo.InvariantCulture));
                }
            });
        try
        {
            return new HttpsServer(process, await port.Task.WaitAsync(s_startTimeout, stop), Path.Combine(folder, CertificateFile));
        }
        catch (TimeoutException)
        {
            string errors = process.Errors;
            await process.DisposeAsync();
            throw new DemoException($"openssl s_server did not start within {s_startTimeout.TotalSeconds:0} s.\n{errors}");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task MakeCertificateAsync(string openSsl, string folder, CancellationToken stop)
    {
        IEnumerable<string> arguments =
        [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", KeyFile, "-out", CertificateFile,
            "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ];
        await using ChildProcess process = ChildProcess.Start(openSsl, arguments, folder);
        if (await process.WaitAsync("openssl req", s_startTimeout, stop) != 0)
        {
            throw new DemoException($"openssl could not make a certificate.\n{process.Errors}");
        }
    }
}
