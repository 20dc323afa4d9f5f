// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>
/// What a <c>jsonl:</c> URI says: <c>jsonl:/path?rotate-size=100MiB&amp;rotate-time=1h&amp;rotate-keep=24</c>, or <c>jsonl:-</c> for standard output.
/// </summary>
public sealed class JsonLinesSinkOptions
{
    private const string StandardOutput = "-";

    /// <summary>The sink's key in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the file; null for standard output.</summary>
    public string? Path { get; init; }

    /// <summary>When the file is put aside for a new one.</summary>
    public RotationPolicy Rotation { get; init; } = new();

    /// <exception cref="SinkUriException">The path is missing, or an option is unknown, has a bad value or does not fit standard output.</exception>
    public static JsonLinesSinkOptions Parse(SinkUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Target.Length == 0)
        {
            throw uri.Error("a path is missing; write jsonl:/path/to/file.jsonl, or jsonl:- for standard output");
        }

        RotationPolicy rotation = RotationOptions.Take(uri, isStandardOutput: uri.Target == StandardOutput);
        return new JsonLinesSinkOptions
        {
            Name = uri.Name,
            Path = uri.Target == StandardOutput ? null : System.IO.Path.GetFullPath(uri.Target),
            Rotation = rotation,
        };
    }
}
