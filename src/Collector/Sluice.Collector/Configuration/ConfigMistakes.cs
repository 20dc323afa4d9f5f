// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Delivery;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sluice.Collector.Configuration;

/// <summary>Collects the mistakes of one file while it is read, so that the user sees all of them at once. Not thread-safe.</summary>
internal sealed class ConfigMistakes
{
    private readonly string _file;
    private readonly List<ConfigMistake> _mistakes = [];

    public ConfigMistakes(string file) => _file = file;

    public void Add(Mark place, string problem) => _mistakes.Add(new ConfigMistake(_file, Math.Max(1, place.Line), Math.Max(1, place.Column), problem));

    public void Add(YamlNode node, string problem) => Add(node.Start, problem);

    /// <summary>What <paramref name="read"/> gives; its refusal becomes a mistake at the node, and the fallback the value.</summary>
    /// <param name="node">Where the value stands.</param>
    /// <param name="read">Checks it.</param>
    /// <param name="fallback">Never used in the end: a file with a mistake is refused.</param>
    /// <param name="prefix">The key, where the refusal itself does not name it.</param>
    public T Try<T>(YamlNode node, Func<T> read, T fallback, string prefix = "")
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is UsageException or SinkUriException)
        {
            Add(node, prefix + e.Message);
            return fallback;
        }
    }

    /// <exception cref="ConfigException">There are mistakes.</exception>
    public void ThrowIfAny()
    {
        if (_mistakes.Count != 0)
        {
            throw new ConfigException(_file, [.. _mistakes.OrderBy(static mistake => mistake.Line).ThenBy(static mistake => mistake.Column)]);
        }
    }
}
