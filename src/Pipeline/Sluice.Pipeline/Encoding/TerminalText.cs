// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sluice.Pipeline.Encoding;

/// <summary>Shows what strangers wrote on a terminal: what could steer it, or reorder what is seen, comes out as an escape one can read.</summary>
public static class TerminalText
{
    private const int LongestSequence = 4;
    private const int ControlsPerText = 8;

    /// <summary>
    /// True for bytes that are better read as text: UTF-8 (a piece of a longer call may begin and end inside a character) with no NUL and
    /// with at most one other control character in <see cref="ControlsPerText"/> bytes.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0) || !Utf8.IsValid(WithoutCutCharacters(bytes)))
        {
            return false;
        }

        int controls = 0;
        foreach (byte value in bytes)
        {
            if (value < ' ' && value is not ((byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                controls++;
            }
        }

        return controls <= bytes.Length / ControlsPerText;
    }

    /// <summary>Writes bytes so that nothing but printable characters, tabs and line breaks reaches the terminal.</summary>
    /// <param name="bytes">Any bytes; a last line break is left out, a carriage return before a line break too.</param>
    /// <param name="lineStart">Written before every line.</param>
    /// <param name="output">Where to write.</param>
    public static void WriteLines(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lineStart, OutputBuffer output)
    {
        output.Write(lineStart);
        for (int end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
        {
            bool hasReturn = end > 0 && bytes[end - 1] == '\r';
            WriteLine(bytes[..(hasReturn ? end - 1 : end)], output);
            bytes = bytes[(end + 1)..];
            if (bytes.IsEmpty)
            {
                return;
            }

            output.Write("\n"u8);
            output.Write(lineStart);
        }

        WriteLine(bytes, output);
    }

    /// <summary>The same for what must stay on one line, such as a process name: a line break is escaped too.</summary>
    public static void WriteLine(ReadOnlySpan<byte> bytes, OutputBuffer output)
    {
        while (!bytes.IsEmpty)
        {
            int plain = bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
            if (plain < 0)
            {
                output.Write(bytes);
                return;
            }

            output.Write(bytes[..plain]);
            bytes = bytes[plain..];
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            if (status != OperationStatus.Done)
            {
                WriteEscapedBytes(bytes[..consumed], output);
            }
            else if (IsUnsafe(rune))
            {
                WriteEscapedRune(rune, output);
            }
            else
            {
                output.Write(bytes[..consumed]);
            }

            bytes = bytes[consumed..];
        }
    }

    /// <summary>A text of several lines for a terminal; line breaks stay, the last one is left out. For diagnostics: it allocates.</summary>
    public static string Lines(string text) => Escape(text, static (bytes, output) => WriteLines(bytes, [], output));

    /// <summary>A text that must stay on one line, such as a path; a line break is escaped too. For diagnostics: it allocates.</summary>
    public static string Line(string text) => Escape(text, WriteLine);

    private static string Escape(string text, Action<ReadOnlySpan<byte>, OutputBuffer> write)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var output = new OutputBuffer(text.Length);
        write(System.Text.Encoding.UTF8.GetBytes(text), output);
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>C0, DEL and C1 controls start escape sequences; the others move or reorder the text around them (CVE-2021-42574).</summary>
    private static bool IsUnsafe(Rune rune) =>
        (Rune.IsControl(rune) && rune.Value != '\t')
        || rune.Value is 0x061c or (>= 0x200e and <= 0x200f) or (>= 0x2028 and <= 0x202e) or (>= 0x2066 and <= 0x2069);

    private static void WriteEscapedRune(Rune rune, OutputBuffer output)
    {
        switch (rune.Value)
        {
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case <= 0xff:
                output.Write("\\x"u8);
                WriteHex(rune.Value, "x2", output);
                break;
            default:
                output.Write("\\u"u8);
                WriteHex(rune.Value, "x4", output);
                break;
        }
    }

    private static void WriteEscapedBytes(ReadOnlySpan<byte> bytes, OutputBuffer output)
    {
        foreach (byte value in bytes)
        {
            output.Write("\\x"u8);
            WriteHex(value, "x2", output);
        }
    }

    private static void WriteHex(int value, string format, OutputBuffer output)
    {
        value.TryFormat(output.GetSpan(sizeof(int) * 2), out int written, format, CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static ReadOnlySpan<byte> WithoutCutCharacters(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < LongestSequence - 1 && !bytes.IsEmpty && IsContinuation(bytes[0]); i++)
        {
            bytes = bytes[1..];
        }

        // NeedMoreData: the last bytes are the beginning of a character, and nothing else.
        return Rune.DecodeLastFromUtf8(bytes, out _, out int consumed) == OperationStatus.NeedMoreData ? bytes[..^consumed] : bytes;
    }

    private static bool IsContinuation(byte value) => (value & 0xc0) == 0x80;
}
