// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Sinks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Wire;
using YamlDotNet.RepresentationModel;

namespace Sluice.Collector.Configuration;

/// <summary>Reads the entries of <c>sinks</c>: a URI, or a mapping of <c>uri</c> and options. Both become the URI that the command line would have.</summary>
internal sealed partial class ConfigSinks
{
    private const string UriKey = "uri";

    private static readonly SearchValues<char> s_keyLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private readonly ConfigMistakes _mistakes;
    private readonly SinkFactory _factory;
    private readonly List<SinkUri> _sinks = [];
    private readonly List<string> _texts = [];

    /// <param name="mistakes">Hear of what cannot be.</param>
    /// <param name="hex">The console shows payloads as a hex dump.</param>
    /// <param name="kinds">The events that the run can produce.</param>
    public ConfigSinks(ConfigMistakes mistakes, bool hex, IReadOnlyList<EventKind> kinds)
    {
        _mistakes = mistakes;
        _factory = new SinkFactory(hex, kinds, NullLoggerFactory.Instance);
    }

    /// <summary>The sinks that can be, the console when none is asked for.</summary>
    public IReadOnlyList<SinkUri> Sinks => _texts.Count == 0 ? SinkList.Read([]) : _sinks;

    /// <summary>The sinks as command line's URIs.</summary>
    public IReadOnlyList<string> Texts => _texts;

    public void Read(IReadOnlyList<YamlNode> nodes)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            var places = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
            string key = $"sinks[{i}]";
            if (TextOf(nodes[i], key, places) is { } text)
            {
                _texts.Add(text);
                Check(nodes[i], key, text, places);
            }
        }
    }

    /// <summary>
    /// Has the sink read its options, as a run would; nothing is opened. A sink says what is wrong with one option: that one is left out then, to see the next.
    /// </summary>
    private void Check(YamlNode node, string key, string text, Dictionary<string, YamlNode> places)
    {
        bool isFirst = true;
        for (string? rest = text; rest is not null; isFirst = false)
        {
            if (Refusal(rest) is not { } problem)
            {
                if (isFirst)
                {
                    // A sink takes its options out of its URI: the run gets one of its own.
                    _sinks.Add(SinkUri.Parse(text));
                }

                return;
            }

            Match match = OptionName().Match(problem);
            string? option = match.Success ? match.Groups[1].Value : null;
            if (isFirst || option is not null)
            {
                _mistakes.Add(option is not null && places.TryGetValue(option, out YamlNode? value) ? value : node, $"{key}: {problem}");
            }

            rest = option is null ? null : Without(rest, option);
        }
    }

    private string? Refusal(string text)
    {
        try
        {
            var uri = SinkUri.Parse(text);
            SinkList.CheckTogether([.. _sinks, uri]);
            _factory.Create(uri);
            return null;
        }
        catch (Exception e) when (e is UsageException or SinkUriException)
        {
            return e.Message.StartsWith("--sink ", StringComparison.Ordinal) ? e.Message["--sink ".Length..] : e.Message;
        }
    }

    /// <summary>The URI without an option; null when it does not have it.</summary>
    private static string? Without(string text, string option)
    {
        int question = text.IndexOf('?', StringComparison.Ordinal);
        string[] parts = question < 0 ? [] : text[(question + 1)..].Split('&');
        string[] others = [.. parts.Where(part => part != option && !part.StartsWith(option + "=", StringComparison.Ordinal))];
        return others.Length == parts.Length ? null : others.Length == 0 ? text[..question] : text[..(question + 1)] + string.Join('&', others);
    }

    private string? TextOf(YamlNode node, string key, Dictionary<string, YamlNode> places)
    {
        switch (node)
        {
            case YamlScalarNode { Value: { Length: > 0 } uri } scalar when !ConfigSection.IsNull(scalar):
                return uri;
            case YamlMappingNode { Children: [{ Key: YamlScalarNode { Value: not (null or UriKey) } scheme, Value: { } nothing }] } when ConfigSection.IsNull(nothing):
                // For YAML "console:" without quotes is a key without a value; whoever writes it means the sink.
                return scheme.Value + ":";
            case YamlMappingNode mapping:
                return TextOf(mapping, key, places);
            default:
                _mistakes.Add(node, $"{key}: a sink URI is wanted, or a mapping of uri and options.");
                return null;
        }
    }

    private string? TextOf(YamlMappingNode mapping, string key, Dictionary<string, YamlNode> places)
    {
        string? uri = null;
        var options = new List<string>();
        foreach ((YamlNode name, YamlNode value) in mapping.Children)
        {
            if (name is YamlScalarNode { Value: UriKey })
            {
                uri = (value as YamlScalarNode)?.Value;
            }
            else
            {
                AddOptions(name, value, key, prefix: "", options, places);
            }
        }

        if (string.IsNullOrEmpty(uri))
        {
            _mistakes.Add(mapping, $"{key}.uri: the URI of the sink is missing.");
            return null;
        }

        return options.Count == 0 ? uri : uri + (uri.Contains('?', StringComparison.Ordinal) ? '&' : '?') + string.Join('&', options);
    }

    private void AddOptions(YamlNode name, YamlNode value, string key, string prefix, List<string> options, Dictionary<string, YamlNode> places)
    {
        string option = prefix + ((name as YamlScalarNode)?.Value ?? "");
        if (option.Length == prefix.Length || option.AsSpan().ContainsAnyExcept(s_keyLetters))
        {
            _mistakes.Add(name, $"{key}: an option's name is wanted, of letters, digits, dots and dashes.");
        }
        else if (value is YamlMappingNode nested && prefix.Length == 0)
        {
            foreach ((YamlNode nestedName, YamlNode nestedValue) in nested.Children)
            {
                AddOptions(nestedName, nestedValue, key, option + ".", options, places);
            }
        }
        else if (value is not YamlScalarNode { Value: { } text } scalar || ConfigSection.IsNull(scalar))
        {
            _mistakes.Add(value, $"{key}.{option}: one value is wanted here.");
        }
        else
        {
            places[option] = value;
            options.Add(option + "=" + Uri.EscapeDataString(text));
        }
    }

    /// <summary>How the messages of sinks name an option.</summary>
    [GeneratedRegex("option '([^']+)'")]
    private static partial Regex OptionName();
}
