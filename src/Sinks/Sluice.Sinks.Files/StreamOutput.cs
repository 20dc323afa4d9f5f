// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Sinks.Files;

/// <summary>
/// Lines to a pipe, a terminal or standard output. What it took cannot be taken back, so a write that failed counts for nothing:
/// the ledger may say less than the reader has seen, never more.
/// </summary>
internal sealed class StreamOutput : ILineOutput
{
    private const int StandardOutputFd = 1;

    private readonly string _name;
    private readonly Stream _stream;

    /// <param name="name">How messages name the target.</param>
    /// <param name="stream">Unbuffered; disposed with this object.</param>
    public StreamOutput(string name, Stream stream)
    {
        _name = name;
        _stream = stream;
    }

    /// <summary>Standard output of this process; stays open when the object is disposed.</summary>
    public static StreamOutput OpenStandardOutput()
    {
        // Two streams exist for it and each is right for one kind of target. A FileStream writes to files at an offset of its own, and
        // would overwrite what others (our own stderr after "2>&1") write through the same open file; the console's stream does not. The
        // console's stream in turn hides a closed pipe; a FileStream says EPIPE.
        var stream = new FileStream(new SafeFileHandle(StandardOutputFd, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return new StreamOutput("Standard output", stream.CanSeek ? Console.OpenStandardOutput() : stream);
    }

    /// <inheritdoc/>
    public WriteOutcome Write(LineBuffer lines)
    {
        try
        {
            _stream.Write(lines.Lines(0, lines.Count));
            return new WriteOutcome(lines.Count, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new WriteOutcome(0, OutputErrors.OnWrite(_name, e));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
