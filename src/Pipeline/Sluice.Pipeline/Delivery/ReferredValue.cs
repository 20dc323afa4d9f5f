// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The value of an option that may stand elsewhere than on the command line, which every user of the host can read: <c>@file:PATH</c> is the content of a
/// file without its last line break, <c>@env:NAME</c> an environment variable. Any other value stands for itself.
/// </summary>
public static class ReferredValue
{
    /// <summary>Passwords and keys are short; what is longer is the wrong file.</summary>
    public const int MaxFileBytes = 64 * 1024;

    private const string FilePrefix = "@file:";
    private const string EnvironmentPrefix = "@env:";

    /// <summary>The value itself. Reads the file, and may wait for a slow disk.</summary>
    /// <param name="uri">The sink, for messages.</param>
    /// <param name="option">Name of the option, for messages.</param>
    /// <param name="value">As the user gave it.</param>
    /// <exception cref="SinkUriException">There is no such file or variable, or nothing in it. The message never holds what was read.</exception>
    public static string Resolve(SinkUri uri, string option, string value)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(value);
        if (value.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return ReadFile(uri, option, value[FilePrefix.Length..]);
        }

        return value.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) ? ReadVariable(uri, option, value[EnvironmentPrefix.Length..]) : value;
    }

    private static string ReadVariable(SinkUri uri, string option, string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? text
            : throw uri.Error($"option '{option}' refers to the environment variable '{name}', which is not set or empty");

    private static string ReadFile(SinkUri uri, string option, string path)
    {
        string text;
        try
        {
            text = ReadText(path) ?? throw uri.Error($"option '{option}' refers to the file '{path}', which is longer than {MaxFileBytes} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw uri.Error($"option '{option}' refers to the file '{path}', which cannot be read: {e.Message.TrimEnd('.')}");
        }

        string value = text.EndsWith('\n') ? text[..^1].TrimEnd('\r') : text;
        return value.Length != 0 ? value : throw uri.Error($"option '{option}' refers to the file '{path}', which is empty");
    }

    /// <summary>Null when it is too long. Read to its end, not to its length: the shell's <c>&lt;(command)</c> is a pipe.</summary>
    private static string? ReadText(string path)
    {
        using var reader = new StreamReader(path);
        char[] text = new char[MaxFileBytes + 1];
        int length = reader.ReadBlock(text, 0, text.Length);
        return length <= MaxFileBytes ? new string(text, 0, length) : null;
    }
}
