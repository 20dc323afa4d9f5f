// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace Sluice.TestSupport;

/// <summary>
/// An Apache Kafka of our own, started by the script <c>kafka/kafka</c> of the services folder: <c>SLUICE_SERVICES</c>, else
/// <c>../shared/services</c> beside the repository.
/// </summary>
public sealed class RealBroker : IDisposable
{
    /// <summary>The script puts further listeners at these distances from the port.</summary>
    private const int SaslOffset = 50;
    private const int ControllerOffset = 100;

    private readonly string _script;
    private readonly string _folder;
    private readonly int _port;
    private readonly string[] _startOptions;

    private RealBroker(string script, string[] startOptions)
    {
        _script = script;
        _startOptions = startOptions;
        _port = FindPort();
        _folder = Directory.CreateTempSubdirectory("sluice-kafka-").FullName;
    }

    public string Address => $"127.0.0.1:{_port}";

    /// <summary>The listener with TLS and SASL.</summary>
    public string SecureAddress => $"127.0.0.1:{_port + SaslOffset}";

    /// <summary>Certificate of the authority that signed the broker's.</summary>
    public string AuthorityFile => Path.Combine(_folder, "ca.pem");

    /// <summary>A running broker; skips the test when there is no Kafka or no Java.</summary>
    public static async Task<RealBroker> StartNewAsync(params string[] startOptions)
    {
        string? script = FindScript();
        Assert.SkipUnless(script is not null, "No Kafka: set SLUICE_SERVICES to the folder that has kafka/kafka.");
        Assert.SkipUnless(HasProgram("java"), "No Java: make setup installs it.");
        var broker = new RealBroker(script!, startOptions);
        try
        {
            await broker.StartAsync();
        }
        catch
        {
            broker.Dispose();
            throw;
        }

        return broker;
    }

    /// <summary>Starts it, or starts it again with the same data.</summary>
    public Task StartAsync() => RunAsync(["start", "--port", $"{_port}", .. _startOptions]);

    public Task StopAsync() => RunAsync(["stop"]);

    /// <summary>kill -9; <see cref="StartAsync"/> brings it back with the same data.</summary>
    public Task KillAsync() => RunAsync(["kill"]);

    /// <summary>Runs one of Kafka's own tools with a text on its standard input, and returns what it prints.</summary>
    public Task<string> RunToolAsync(string input, params string[] arguments) => ExecuteAsync(["tool", .. arguments], input);

    /// <summary>Lets it hang: connections stand, nothing answers.</summary>
    public Task PauseAsync() => RunAsync(["pause"]);

    public Task ResumeAsync() => RunAsync(["resume"]);

    public void Dispose()
    {
        RunAsync(["kill"]).GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    public static bool HasProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    private static string? FindScript()
    {
        string services = Environment.GetEnvironmentVariable("SLUICE_SERVICES") ?? RepositoryFile.PathOf("../shared/services");
        string script = Path.Combine(services, "kafka", "kafka");
        return File.Exists(script) ? script : null;
    }

    private static int FindPort()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = Random.Shared.Next(20_000, 30_000);
            if (IsFree(port) && IsFree(port + SaslOffset) && IsFree(port + ControllerOffset))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No three free ports.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Task RunAsync(string[] arguments) => ExecuteAsync([.. arguments, "--dir", _folder], input: "");

    private async Task<string> ExecuteAsync(string[] arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(_script, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        // The broker inherits neither pipe for long, but reading both keeps a talkative script from blocking.
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"kafka {string.Join(' ', arguments)}: {await output}{await error}");
    }
}
