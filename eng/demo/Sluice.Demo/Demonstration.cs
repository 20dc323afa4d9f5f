// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Demo;

/// <summary>
/// The demo from start to end: server, Kafka, capture, three clients, and then the count of everything.
/// Owns every process and file that it makes; disposing removes them, whatever happened before.
/// </summary>
internal sealed class Demonstration : IAsyncDisposable
{
    private const string Topic = "sluice";
    private const int HostUnfit = 3; // exit code of `sluice` and of the demo
    private static readonly TimeSpan s_readyTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_stopTimeout = TimeSpan.FromSeconds(20); // twice the collector's default drain budget
    private static readonly TimeSpan s_readyPoll = TimeSpan.FromMilliseconds(20);

    private readonly DemoTools _tools;
    private readonly string _folder;
    private readonly string _served;
    private HttpsServer? _server;
    private MockKafka? _kafka;
    private ChildProcess? _capture;

    public Demonstration(DemoTools tools)
    {
        _tools = tools;

        // Readable by this user alone: the capture sees the plaintext of the whole host.
        _folder = Directory.CreateTempSubdirectory("sluice-demo-").FullName;
        _served = Directory.CreateDirectory(Path.Combine(_folder, "served")).FullName;
    }

    private string EventsPath => Path.Combine(_folder, "events.jsonl");

    private string LedgerPath => Path.Combine(_folder, "ledger.json");

    private string ReadyPath => Path.Combine(_folder, "ready");

    /// <param name="wait">Keep capturing after the clients are done, until <paramref name="stop"/>.</param>
    /// <exception cref="DemoException">Something did not hold.</exception>
    public async Task RunAsync(bool wait, CancellationToken stop)
    {
        _server = await HttpsServer.StartAsync(_tools.OpenSsl, _served, stop);
        Say($"HTTPS server: https://127.0.0.1:{_server.Port} (openssl s_server, process {_server.ProcessId})");
        _kafka = new MockKafka();
        Say($"Kafka: {_kafka.Address}, in this process. While the demo runs, read along with");
        Say($"  kcat -C -b {_kafka.Address} -t {Topic} -e");

        _capture = StartCapture();
        await WaitUntilReadyAsync(_capture, stop);
        Say("Every probe is attached. Three programs now talk TLS to the server; none of them knows:");
        IReadOnlyList<TlsClient> clients = TlsClient.All(_tools, _server);
        foreach (TlsClient client in clients)
        {
            client.Publish(_served);
            await client.RunAsync(stop);
        }

        if (wait)
        {
            await WaitForInterruptAsync(stop);
            stop = CancellationToken.None;
        }

        await StopCaptureAsync(_capture, stop);
        CheckPlaintext(clients);
        await CheckCountsAsync(_kafka, stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_capture is not null)
        {
            await _capture.DisposeAsync();
        }

        _kafka?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static void Say(string text) => Console.WriteLine(text);

    private ChildProcess StartCapture()
    {
        string[] arguments =
        [
            "capture", "tls",
            "--sink", "console:?name=console",
            "--sink", $"jsonl:{EventsPath}?name=jsonl",
            "--sink", $"kafka://{_kafka!.Address}/{Topic}?name=kafka",
            "--ledger", LedgerPath,
            "--ready-file", ReadyPath,
        ];
        Say($"$ sluice {string.Join(' ', arguments)}");

        // In a session of its own: Ctrl-C on this terminal reaches this process only, which then stops the capture, once. To the
        // capture a second interrupt means to end without draining.
        return ChildProcess.Start(
            "setsid",
            [_tools.Sluice, .. arguments],
            onOutput: static line => Console.WriteLine("  | " + line),
            onError: static line => Console.Error.WriteLine("  ! " + line));
    }

    private async Task WaitUntilReadyAsync(ChildProcess capture, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(s_readyTimeout);
        try
        {
            while (!File.Exists(ReadyPath))
            {
                if (capture.HasExited)
                {
                    await ExplainEarlyEndAsync(await capture.WaitAsync("sluice capture", s_stopTimeout, stop), stop);
                }

                await Task.Delay(s_readyPoll, deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DemoException($"the capture did not get ready within {s_readyTimeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>The capture's own message has been printed already; `sluice doctor` has the whole picture.</summary>
    private async Task ExplainEarlyEndAsync(int exitCode, CancellationToken stop)
    {
        if (exitCode != HostUnfit)
        {
            throw new DemoException($"the capture ended with exit code {exitCode} before it was ready; its message is above.");
        }

        Say("$ sluice doctor");
        await using ChildProcess doctor = ChildProcess.Start(_tools.Sluice, ["doctor"], onOutput: static line => Console.WriteLine("  | " + line));
        await doctor.WaitAsync("sluice doctor", s_stopTimeout, stop);
        throw new DemoException("this host cannot capture with BPF; the reason and the remedy are above.", HostUnfit);
    }

    private static async Task WaitForInterruptAsync(CancellationToken stop)
    {
        Say("Capturing until Ctrl-C.");
        try
        {
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException)
        {
            // That is the way on.
        }
    }

    private static async Task StopCaptureAsync(ChildProcess capture, CancellationToken stop)
    {
        if (!capture.HasExited)
        {
            capture.Terminate();
        }

        int exitCode = await capture.WaitAsync("the capture, after SIGTERM,", s_stopTimeout, stop);
        if (exitCode != 0)
        {
            throw new DemoException($"the capture ended with exit code {exitCode}; its message is above.");
        }
    }

    private void CheckPlaintext(IReadOnlyList<TlsClient> clients)
    {
        CapturedText captured = CapturedText.Read(EventsPath);
        Say("");
        Say("Found in the JSON Lines file, by process:");
        foreach (TlsClient client in clients)
        {
            string request = $"GET {client.RequestPath} HTTP/1.";
            if (!captured.Sent(client.ProcessId, request))
            {
                throw new DemoException($"the request of {client.Name} (process {client.ProcessId}), '{request}', is not among the captured events.");
            }

            if (!captured.Received(client.ProcessId, client.Secret))
            {
                throw new DemoException($"the answer to {client.Name} (process {client.ProcessId}), '{client.Secret}', is not among the captured events.");
            }

            Say($"  {client.Name,-8} process {client.ProcessId}: sent \"{request}…\", received \"{client.Secret}\"");
        }
    }

    private async Task CheckCountsAsync(MockKafka kafka, CancellationToken stop)
    {
        FinalLedger ledger = FinalLedger.Load(LedgerPath);
        Say("");
        Say("The final ledger:");
        ledger.Print(Console.Out);
        ledger.Verify();
        Require("the JSON Lines file", CapturedText.Read(EventsPath).Count, ledger.Delivered("jsonl"));
        Require($"topic '{Topic}'", kafka.CountRecords(Topic, stop), ledger.Delivered("kafka"));
        if (_tools.Kcat is not null)
        {
            Require("kcat's reading of the topic", await CountWithKcatAsync(_tools.Kcat, kafka.Address, stop), ledger.Delivered("kafka"));
        }

        Say("Nothing is lost, and everything is counted.");
    }

    private static async Task<int> CountWithKcatAsync(string kcat, string address, CancellationToken stop)
    {
        await using ChildProcess process = ChildProcess.Start(kcat, ["-C", "-b", address, "-t", Topic, "-e", "-q", "-f", "%p %o\n"]);
        await process.WaitAsync("kcat", s_stopTimeout, stop);
        return process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count();
    }

    private static void Require(string where, long found, long delivered)
    {
        if (found != delivered)
        {
            throw new DemoException($"{where} holds {found} events, but the ledger says that {delivered} were delivered.");
        }

        Say($"  {where} holds {found} events, as the ledger says.");
    }
}
