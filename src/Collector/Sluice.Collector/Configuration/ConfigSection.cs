// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sluice.Collector.Configuration;

/// <summary>A mapping of the file whose keys are known. What has the wrong shape is noted as a mistake and read as absent.</summary>
internal sealed class ConfigSection
{
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly string _name;
    private readonly ConfigMistakes _mistakes;

    /// <param name="node">Null for a section that is not there.</param>
    /// <param name="name">One of <see cref="ConfigKeys.BySection"/>.</param>
    /// <param name="mistakes">Hear of unknown keys.</param>
    public ConfigSection(YamlMappingNode? node, string name, ConfigMistakes mistakes)
    {
        _name = name;
        _mistakes = mistakes;
        foreach ((YamlNode key, YamlNode value) in node ?? new YamlMappingNode())
        {
            if (key is YamlScalarNode { Value: { } text } && ConfigKeys.BySection[name].Contains(text))
            {
                _values.Add(text, value);
            }
            else
            {
                AddUnknown(key);
            }
        }
    }

    /// <summary>The section below, empty when it is not there.</summary>
    public ConfigSection Section(string key) =>
        new(Find(key) is { } node && !IsNull(node) ? As<YamlMappingNode>(node, key, "keys with values") : null, key, _mistakes);

    /// <summary>The value of a key; null when it is not there.</summary>
    public YamlScalarNode? Scalar(string key) => Find(key) is { } node ? NotNull(As<YamlScalarNode>(node, key, "one value"), key) : null;

    /// <summary>The values of a key: a list, or a single value in place of a list of one.</summary>
    public IReadOnlyList<YamlScalarNode> Scalars(string key) =>
        [.. Nodes(key).Select(node => NotNull(As<YamlScalarNode>(node, key, "a list of values"), key)).OfType<YamlScalarNode>()];

    /// <summary>The entries of a list, of whatever shape.</summary>
    public IReadOnlyList<YamlNode> Nodes(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Children],
        { } single when IsNull(single) => [],
        { } single => [single],
    };

    public string PathOf(string key) => ConfigKeys.PathOf(_name, key);

    /// <summary>True for a value that was left out (<c>key:</c>) or written as null.</summary>
    public static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private YamlNode? Find(string key) => _values.GetValueOrDefault(key);

    private T? As<T>(YamlNode node, string key, string wanted)
        where T : YamlNode
    {
        if (node is not T)
        {
            _mistakes.Add(node, $"{PathOf(key)}: {wanted} is wanted here.");
        }

        return node as T;
    }

    private YamlScalarNode? NotNull(YamlScalarNode? node, string key)
    {
        if (node is null || !IsNull(node))
        {
            return node;
        }

        _mistakes.Add(node, $"{PathOf(key)}: the value is missing; give one, or leave the key out.");
        return null;
    }

    private void AddUnknown(YamlNode key)
    {
        string text = (key as YamlScalarNode)?.Value ?? "…";
        string where = _name.Length == 0 ? "" : $" in {_name}";
        _mistakes.Add(key, ConfigKeys.Suggest(_name, text) is { } suggestion
            ? $"{PathOf(text)}: unknown key{where}; did you mean {suggestion}?"
            : $"{PathOf(text)}: unknown key{where}; the keys here are {string.Join(", ", ConfigKeys.BySection[_name])}.");
    }
}
