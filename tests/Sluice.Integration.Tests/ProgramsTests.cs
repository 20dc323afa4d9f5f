// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>Programs as they come from the distribution.</summary>
public sealed class ProgramsTests
{
    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--http2")]
    public void Capture_CurlAgainstNginx_ShowsBothSides(string version)
    {
        Requires.Bpf();
        string nginx = Requires.Program("nginx");
        using var workspace = new Workspace();
        int port = Workspace.FreePort();
        using Command server = StartNginx(nginx, workspace, port);
        using Capture capture = Capture.Start(workspace);

        (string output, int curl) = Command.RunWithPid("curl", "-sk", version, $"https://127.0.0.1:{port}/page");
        capture.Stop();

        Assert.Equal("hello from nginx\n", output);
        CapturedEvent[] client = [.. capture.Events.Where(e => e.Pid == curl)];
        CapturedEvent[] worker = [.. capture.Events.Where(e => e.String("process.executable.name") == "nginx")];
        AssertTalk(client, "curl", "transmit", version == "--http2" ? "PRI * HTTP/2.0" : "GET /page HTTP/1.1");
        AssertTalk(client, "curl", "receive", "hello from nginx");
        AssertTalk(worker, "nginx", "transmit", "hello from nginx");
        AssertTalk(worker, "nginx", "receive", version == "--http2" ? "PRI * HTTP/2.0" : "GET /page HTTP/1.1");
        Assert.All(client, e => Assert.Equal(port, e.Number("network.peer.port")));
        Assert.All(worker, e => Assert.Equal(port, e.Number("network.local.port")));
    }

    [Fact]
    public void Capture_PythonAndOpenSslClients_AreTheirOwnProcesses()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        int port = Workspace.FreePort();
        using Command server = StartNginx(Requires.Program("nginx"), workspace, port);
        using Capture capture = Capture.Start(workspace);

        (_, int python) = Command.RunWithPid("/usr/bin/python3", "-c",
            $"import ssl,urllib.request;urllib.request.urlopen('https://127.0.0.1:{port}/from-python',context=ssl._create_unverified_context()).read()");
        Command.Run("sh", "-c", $"(printf 'GET /from-openssl HTTP/1.0\\r\\n\\r\\n'; sleep 1) | openssl s_client -quiet -connect 127.0.0.1:{port} 2>/dev/null");
        capture.Stop();

        AssertTalk([.. capture.Events.Where(e => e.Pid == python)], "python3", "transmit", "GET /from-python");
        AssertTalk([.. capture.Events.Where(e => e.Pid == python)], "python3", "receive", "hello from nginx");
        CapturedEvent[] client = [.. capture.Events.Where(e => e.String("process.executable.name") == "openssl")];
        AssertTalk(client, "openssl", "transmit", "GET /from-openssl");
        AssertTalk(client, "openssl", "receive", "hello from nginx");
        Assert.All(client, e => Assert.Equal(port, e.Number("network.peer.port")));
    }

    [Fact]
    public void Capture_Node_IsTapped()
    {
        Requires.Bpf();
        string node = Requires.Program("node");
        using var workspace = new Workspace();
        int port = Workspace.FreePort();
        string script = $$"""
            const https = require('https'), fs = require('fs');
            https.createServer({ key: fs.readFileSync('{{workspace.Key}}'), cert: fs.readFileSync('{{workspace.Certificate}}') }, (q, r) => r.end('hello from node'))
              .listen({{port}}, '127.0.0.1', () => https.get({ host: '127.0.0.1', port: {{port}}, path: '/from-node', rejectUnauthorized: false }, r => {
                r.on('data', () => {}); r.on('end', () => process.exit()); }));
            """;
        using Capture capture = Capture.Start(workspace);

        (_, int pid) = Command.RunWithPid(node, "-e", script);
        capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == pid)];
        AssertTalk(events, null, "transmit", "GET /from-node");
        AssertTalk(events, null, "receive", "GET /from-node");
        AssertTalk(events, null, "transmit", "hello from node");
        AssertTalk(events, null, "receive", "hello from node");

        // With OpenSSL built in (nodejs.org) or from the system (Debian), node's BIO is memory: its socket is not found, and no wrong one is named (docs/addresses.md).
        Assert.All(events, e => Assert.False(e.Has("network.peer.address")));
    }

    private static void AssertTalk(CapturedEvent[] events, string? name, string direction, string text)
    {
        Assert.Contains(events, e => e.Direction == direction && e.Text.Contains(text, StringComparison.Ordinal));
        if (name is not null)
        {
            Assert.All(events, e => Assert.Equal(name, e.String("process.executable.name")));
            Assert.All(events, e => Assert.Equal("openssl", e.String("sluice.tls.library")));
        }
    }

    private static Command StartNginx(string nginx, Workspace workspace, int port)
    {
        string configuration = workspace.PathOf("nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off; worker_processes 1; error_log {{workspace.PathOf("nginx.err")}}; pid {{workspace.PathOf("nginx.pid")}};
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{workspace.PathOf("t1")}}; proxy_temp_path {{workspace.PathOf("t2")}}; fastcgi_temp_path {{workspace.PathOf("t3")}};
              uwsgi_temp_path {{workspace.PathOf("t4")}}; scgi_temp_path {{workspace.PathOf("t5")}};
              server {
                listen 127.0.0.1:{{port}} ssl http2; ssl_certificate {{workspace.Certificate}}; ssl_certificate_key {{workspace.Key}};
                location / { return 200 "hello from nginx\n"; }
              }
            }
            """);
        Command server = Command.Start(nginx, "-c", configuration);
        Command.WaitUntil(() => Answers(port), "nginx");
        return server;
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
