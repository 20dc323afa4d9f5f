// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Net;

namespace Sluice.Integration.Tests.Support;

/// <summary>
/// Another process that serves TCP connections one after the other: it reads until the peer has nothing more to say, answers with twice the bytes and one
/// more, and closes. To a request of HTTP it answers with <see cref="HttpAnswer"/>.
/// </summary>
internal sealed class EchoServer : IDisposable
{
    private const string Script = """
        import os, socket, sys
        address, count, port_file, end = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4].encode()
        listener = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
        listener.bind((address, 0))
        listener.listen(512)
        with open(port_file + '.new', 'w') as file:
            file.write(str(listener.getsockname()[1]))
        os.rename(port_file + '.new', port_file)
        for _ in range(count):
            connection, _ = listener.accept()
            received = 0
            while piece := connection.recv(65536):
                received += len(piece)
                if end and piece.endswith(end):
                    break
            connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n' if end else b'y' * (2 * received + 1))
            connection.close()
        """;

    public const string HttpAnswer = "HTTP/1.0 200 OK\r\n\r\n";

    private readonly Command _process;

    private EchoServer(Command process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public int Pid => _process.Pid;

    public IPEndPoint EndPoint { get; }

    public static long AnswerTo(long bytes) => (2 * bytes) + 1;

    /// <param name="workspace">Where the server leaves its port.</param>
    /// <param name="address">To listen at.</param>
    /// <param name="connections">After that many it ends.</param>
    /// <param name="http">What it reads ends as a request of HTTP does.</param>
    public static EchoServer Start(Workspace workspace, IPAddress address, int connections, bool http = false)
    {
        string portFile = workspace.PathOf($"port-{Guid.NewGuid():N}");

        // Debian's own, not a wrapper: the process that is started is the one that accepts.
        Command process = Command.Start(Requires.Program("/usr/bin/python3"), "-c", Script, $"{address}", $"{connections}", portFile, http ? "\r\n\r\n" : "");
        Command.WaitUntil(() => File.Exists(portFile) || process.HasExited, "The server's port");
        int port = int.Parse(File.ReadAllText(portFile), CultureInfo.InvariantCulture);
        return new EchoServer(process, new IPEndPoint(address, port));
    }

    public void WaitForEnd() => _process.WaitForSuccess();

    public void Dispose() => _process.Dispose();
}
