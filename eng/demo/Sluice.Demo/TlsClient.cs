// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Demo;

/// <summary>One of the programs that talk TLS to the demo's server, each for a file of its own.</summary>
/// <param name="name">The name for people, and in the file's name.</param>
/// <param name="input">What it is given on standard input.</param>
internal sealed class TlsClient(string name, string program, IReadOnlyList<string> arguments, string input)
{
    private const string PythonScript = """
        import http.client, ssl, sys
        trust = ssl.create_default_context(cafile=sys.argv[2])
        connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=trust, timeout=10)
        connection.request("GET", sys.argv[3])
        print(connection.getresponse().read().decode(), end="")
        """;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    public string Name { get; } = name;

    /// <summary>The path that it asks the server for; no other program does.</summary>
    public string RequestPath { get; } = PathFor(name);

    /// <summary>What the server answers; nobody else is told.</summary>
    public string Secret { get; } = $"Hello {name}, nobody but you can read {Guid.NewGuid():N}.";

    /// <summary>The process id of the finished run.</summary>
    public int ProcessId { get; private set; }

    /// <summary>curl, Python and openssl, ready to talk to <paramref name="server"/>.</summary>
    public static IReadOnlyList<TlsClient> All(DemoTools tools, HttpsServer server)
    {
        string address = $"127.0.0.1:{server.Port}";
        string trust = server.CertificatePath;
        return
        [
            // The user's own settings (~/.curlrc, a proxy) have no place here.
            new("curl", tools.Curl, ["-q", "-sS", "--noproxy", "*", "--cacert", trust, $"https://{address}{PathFor("curl")}"], ""),
            new("python", tools.Python, ["-c", PythonScript, $"{server.Port}", trust, PathFor("python")], ""),
            new(
                "openssl",
                tools.OpenSsl,
                ["s_client", "-connect", address, "-CAfile", trust, "-verify_return_error", "-quiet", "-ign_eof"],
                $"GET {PathFor("openssl")} HTTP/1.0\r\n\r\n"),
        ];
    }

    /// <summary>Puts the secret into the folder that the server serves.</summary>
    public void Publish(string folder) => File.WriteAllText(Path.Combine(folder, RequestPath.TrimStart('/')), Secret + "\n");

    /// <summary>Runs the program to its end.</summary>
    /// <exception cref="DemoException">It failed, or did not get its secret.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        await using ChildProcess process = ChildProcess.Start(program, arguments);
        ProcessId = process.Id;
        await process.FeedAsync(input, stop);
        int exitCode = await process.WaitAsync(Name, s_timeout, stop);
        if (exitCode != 0 || !process.Output.Contains(Secret, StringComparison.Ordinal))
        {
            throw new DemoException($"{Name} did not get its answer (exit code {exitCode}).\n{process.Output}{process.Errors}");
        }
    }

    private static string PathFor(string name) => $"/for-{name}.txt";
}
