// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>Runs native/tls_load.c and knows what it sends.</summary>
internal sealed class TlsLoad : IDisposable
{
    private readonly Command _command;

    private TlsLoad(Command command) => _command = command;

    public int Pid => _command.Pid;

    public static TlsLoad Start(Workspace workspace, string mode, params string[] options) =>
        new(Command.Start(Repository.TlsLoad, [mode, "--dir", workspace.Directory, .. options]));

    /// <summary>Runs it to its end.</summary>
    public static TlsLoadResult Run(Workspace workspace, string mode, params string[] options)
    {
        using TlsLoad load = Start(workspace, mode, options);
        return load.Finish();
    }

    public TlsLoadResult Finish()
    {
        string output = _command.WaitForSuccess(300_000);
        Dictionary<string, int> values = output.Split(['\n', ' ']).Where(word => word.Contains('=', StringComparison.Ordinal)).Select(word => word.Split('='))
            .ToDictionary(pair => pair[0], pair => int.Parse(pair[1], CultureInfo.InvariantCulture));
        return new TlsLoadResult(Pid, values["client_port"], values["server_port"], values.GetValueOrDefault("waiting"));
    }

    public void Dispose() => _command.Dispose();

    /// <summary>The bytes of one record, as fill() of tls_load.c makes them.</summary>
    public static string Record(int size, char side, char pattern, int number)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"{side}{pattern}:{number:D10}:");
        return head.Length >= size ? head[..size] : head.PadRight(size, pattern);
    }

    /// <summary>Every record that <paramref name="side"/> sent must be there once, in order, as one connection and direction saw it.</summary>
    public static void AssertStream(IEnumerable<CapturedEvent> events, int size, char side, char pattern, int records)
    {
        var stream = new StringBuilder(size * records);
        long expectedSequence = 0;
        foreach (CapturedEvent e in events)
        {
            Assert.Equal(expectedSequence++, e.Sequence);
            stream.Append(e.Text);
        }

        string got = stream.ToString();
        Assert.Equal((long)size * records, got.Length);
        for (int i = 0; i < records; i++)
        {
            string record = Record(size, side, pattern, i);
            Assert.True(got.AsSpan(i * size, size).SequenceEqual(record), $"Record {i} is {got.Substring(i * size, Math.Min(size, 40))}…");
        }
    }
}
