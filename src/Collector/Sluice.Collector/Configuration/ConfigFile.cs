// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Collector.CommandLine;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sluice.Collector.Configuration;

/// <summary>Reads a configuration file (YAML; docs/configuration.md).</summary>
internal static class ConfigFile
{
    /// <summary>Far more than any configuration; what is longer is the wrong file.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <exception cref="ConfigException">It has mistakes: all of them.</exception>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static RunConfiguration Read(string path) => Parse(path, ReadText(path));

    /// <param name="path">What messages call the file.</param>
    /// <param name="text">Its content.</param>
    /// <exception cref="ConfigException">It has mistakes: all of them.</exception>
    internal static RunConfiguration Parse(string path, string text)
    {
        var mistakes = new ConfigMistakes(path);
        var yaml = new YamlStream();
        var parser = new Parser(new StringReader(text));
        try
        {
            yaml.Load(parser);
        }
        catch (YamlException e)
        {
            mistakes.Add(e.Start, $"not YAML: {(e.InnerException ?? e).Message.TrimEnd('.')}.");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            // The parser's own invariants, which some broken texts break: a list that is not closed at the end of the file is one.
            mistakes.Add(parser.Current?.End ?? Mark.Empty, "not YAML from here on; is a bracket, brace or quote not closed?");
        }

        mistakes.ThrowIfAny();
        YamlNode? root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        if (yaml.Documents.Count > 1)
        {
            mistakes.Add(yaml.Documents[1].RootNode, "a second document; the whole configuration is one.");
        }

        if (root is not (null or YamlMappingNode) && !ConfigSection.IsNull(root))
        {
            mistakes.Add(root, "not a configuration; keys with values are wanted, such as 'modules: [tls]'.");
            mistakes.ThrowIfAny();
        }

        return new ConfigReader(root as YamlMappingNode, mistakes).Read(path);
    }

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"configuration '{path}': this is a directory; a file is wanted.");
        }

        try
        {
            using var reader = new StreamReader(path);
            char[] text = new char[MaxBytes + 1];
            int length = reader.ReadBlock(text, 0, text.Length);
            return length <= MaxBytes
                ? new string(text, 0, length)
                : throw new UsageException($"configuration '{path}': longer than {MaxBytes} bytes; this is no configuration.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"configuration '{path}': no such file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"configuration '{path}': cannot be read ({e.Message.TrimEnd('.')}).");
        }
    }
}
