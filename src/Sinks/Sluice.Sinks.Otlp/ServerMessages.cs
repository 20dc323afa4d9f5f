// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;

namespace Sluice.Sinks.Otlp;

/// <summary>Reads what servers answer: ExportLogsServiceResponse, google.rpc.Status and RetryInfo.</summary>
internal static class ServerMessages
{
    /// <summary>More of a server's text is of no use in a log line.</summary>
    private const int MaxTextChars = 300;

    private const string RetryInfoType = "google.rpc.RetryInfo";

    /// <summary>The answer to a request that was taken; false when the bytes are no ExportLogsServiceResponse.</summary>
    public static bool TryReadResponse(ReadOnlySpan<byte> bytes, out ExportAnswer answer)
    {
        long rejected = 0;
        string text = "";
        var response = new ProtobufReader(bytes);
        while (response.TryRead())
        {
            if (response.Field == 1 && !TryReadPartialSuccess(response.Content, out rejected, out text))
            {
                answer = ExportAnswer.Accepted;
                return false;
            }
        }

        answer = rejected == 0 && text.Length == 0 ? ExportAnswer.Accepted : new ExportAnswer(ExportVerdict.Accepted, text, rejected);
        return !response.IsMalformed;
    }

    /// <summary>The text of a google.rpc.Status, and the delay that it may ask for. Of other bytes: nothing.</summary>
    public static (string Message, TimeSpan? RetryDelay) ReadStatus(ReadOnlySpan<byte> bytes)
    {
        string message = "";
        TimeSpan? delay = null;
        var status = new ProtobufReader(bytes);
        while (status.TryRead())
        {
            if (status.Field == 2)
            {
                message = Text(status.Content);
            }
            else if (status.Field == 3)
            {
                delay ??= ReadRetryInfo(status.Content);
            }
        }

        return status.IsMalformed ? ("", null) : (message, delay);
    }

    /// <summary>Somebody else's text, made fit for one line of a log.</summary>
    public static string OneLine(string text)
    {
        string cut = text.Length <= MaxTextChars ? text : text[..MaxTextChars];
        return string.Create(cut.Length, cut, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        }).Trim();
    }

    private static string Text(ReadOnlySpan<byte> utf8) => OneLine(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxTextChars)]));

    private static bool TryReadPartialSuccess(ReadOnlySpan<byte> bytes, out long rejected, out string text)
    {
        rejected = 0;
        text = "";
        var partial = new ProtobufReader(bytes);
        while (partial.TryRead())
        {
            if (partial.Field == 1)
            {
                rejected = unchecked((long)partial.Number);
            }
            else if (partial.Field == 2)
            {
                text = Text(partial.Content);
            }
        }

        return !partial.IsMalformed;
    }

    private static TimeSpan? ReadRetryInfo(ReadOnlySpan<byte> bytes)
    {
        bool isRetryInfo = false;
        ReadOnlySpan<byte> info = default;
        var any = new ProtobufReader(bytes);
        while (any.TryRead())
        {
            if (any.Field == 1)
            {
                isRetryInfo = Text(any.Content).EndsWith("/" + RetryInfoType, StringComparison.Ordinal);
            }
            else if (any.Field == 2)
            {
                info = any.Content;
            }
        }

        return isRetryInfo ? ReadRetryDelay(info) : null;
    }

    /// <summary>A RetryInfo without a delay still says "try again".</summary>
    private static TimeSpan ReadRetryDelay(ReadOnlySpan<byte> bytes)
    {
        TimeSpan delay = TimeSpan.Zero;
        var info = new ProtobufReader(bytes);
        while (info.TryRead())
        {
            if (info.Field == 1)
            {
                delay = ReadDuration(info.Content);
            }
        }

        return delay;
    }

    private static TimeSpan ReadDuration(ReadOnlySpan<byte> bytes)
    {
        long seconds = 0;
        long nanos = 0;
        var duration = new ProtobufReader(bytes);
        while (duration.TryRead())
        {
            if (duration.Field == 1)
            {
                seconds = unchecked((long)duration.Number);
            }
            else if (duration.Field == 2)
            {
                nanos = unchecked((int)duration.Number);
            }
        }

        // A day is longer than any server means; what is negative or nonsense becomes the nearest of the two ends.
        return TimeSpan.FromSeconds(Math.Clamp(seconds + (nanos / 1e9), 0, 86_400));
    }
}
