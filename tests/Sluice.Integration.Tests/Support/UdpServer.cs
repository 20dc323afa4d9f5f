// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Net;

namespace Sluice.Integration.Tests.Support;

/// <summary>Another process with one UDP socket: it answers each datagram with twice the bytes and one more, until it has had so many.</summary>
internal sealed class UdpServer : IDisposable
{
    private const string Script = """
        import os, socket, sys
        address, count, port_file, way, user, cgroup = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6]
        if cgroup:
            with open(cgroup + '/cgroup.procs', 'w') as file:
                file.write(str(os.getpid()))
        server = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server.bind((address, 0))
        with open(port_file + '.new', 'w') as file:
            file.write(str(server.getsockname()[1]))
        os.rename(port_file + '.new', port_file)
        if user:
            os.setuid(int(user))
        for _ in range(count):
            if way == 'silent':
                server.recv(65536)
                continue
            data, peer = server.recvfrom(65536)
            server.sendto(b'y' * (2 * len(data) + 1), peer)
        """;

    private readonly Command _process;

    private UdpServer(Command process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public int Pid => _process.Pid;

    public IPEndPoint EndPoint { get; }

    public static int AnswerTo(int bytes) => (2 * bytes) + 1;

    /// <param name="workspace">Where the server leaves its port.</param>
    /// <param name="address">To listen at.</param>
    /// <param name="datagrams">After that many it ends.</param>
    /// <param name="isSilent">It does not ask who sends, and does not answer.</param>
    /// <param name="user">Whose it becomes when it has its socket; empty for ours.</param>
    /// <param name="cgroup">Directory of the cgroup that it enters; empty for ours.</param>
    public static UdpServer Start(Workspace workspace, IPAddress address, int datagrams, bool isSilent = false, string user = "", string cgroup = "")
    {
        string portFile = workspace.PathOf($"port-{Guid.NewGuid():N}");
        Command process = Command.Start(
            Requires.Program("/usr/bin/python3"), "-c", Script, $"{address}", $"{datagrams}", portFile, isSilent ? "silent" : "answer", user, cgroup);
        Command.WaitUntil(() => File.Exists(portFile) || process.HasExited, "The server's port");
        int port = int.Parse(File.ReadAllText(portFile), CultureInfo.InvariantCulture);
        return new UdpServer(process, new IPEndPoint(address, port));
    }

    public void WaitForEnd() => _process.WaitForSuccess();

    public void Dispose() => _process.Dispose();
}
