// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Integration.Tests.Support;

/// <summary>A directory of one test, with a server certificate in it; gone when the test is over.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("sluice-test-").FullName;
        // Programs that drop their privileges (nginx's workers, a test's other user) must be able to reach their files.
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            | UnixFileMode.OtherExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Command.Run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", PathOf("key.pem"), "-out", PathOf("cert.pem"));
        File.SetUnixFileMode(PathOf("key.pem"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    public string Directory { get; }

    public string Certificate => PathOf("cert.pem");

    public string Key => PathOf("key.pem");

    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <summary>A port that nothing listens on at the moment.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
