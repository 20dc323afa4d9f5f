// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using Sluice.Pipeline.Recording;

namespace Sluice.Collector.Hosting;

/// <summary>One file of a recording, a pipe, or standard input. Not thread-safe.</summary>
internal sealed class RecordingFile : IDisposable
{
    private const string StandardInput = "-";

    private readonly string _path;
    private Stream? _pipe;

    /// <param name="path">Absolute, or <c>-</c> for standard input.</param>
    public RecordingFile(string path) => _path = path;

    /// <summary>How messages call it.</summary>
    public string Name => _path == StandardInput ? "standard input" : _path;

    /// <summary>
    /// Looks at the header, so that a wrong file is refused before anything is sent. A pipe, which can be read only once, is opened and kept; that waits for its
    /// writer.
    /// </summary>
    /// <exception cref="RecordingException">It is no recording that can be read here.</exception>
    /// <exception cref="UsageException">It cannot be opened.</exception>
    public void Check() => Guard(() =>
    {
        Stream stream = OpenStream();
        if (stream.CanSeek)
        {
            RecordingReader.Open(stream, Name, new RecordedOrigins()).Dispose();
        }
        else
        {
            _pipe = stream;
        }

        return true;
    });

    /// <summary>Opens it for reading; once.</summary>
    /// <param name="origins">Shared by the files of a replay.</param>
    /// <param name="stop">Ends a wait for the other end of a pipe.</param>
    /// <exception cref="RecordingException">It is no recording that can be read here.</exception>
    /// <exception cref="UsageException">It cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public RecordingReader Open(RecordedOrigins origins, CancellationToken stop) => Guard(() =>
    {
        Stream stream = _pipe is { } pipe ? new InterruptibleStream(pipe, stop) : OpenStream();
        _pipe = null;
        return RecordingReader.Open(stream, Name, origins);
    });

    public void Dispose() => _pipe?.Dispose();

    private Stream OpenStream()
    {
        if (_path != StandardInput)
        {
            return new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }

        return Console.IsInputRedirected
            ? Console.OpenStandardInput()
            : throw new UsageException("standard input is a terminal; send a recording into it, or name a file.");
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"recording '{Name}': cannot be read ({e.Message.TrimEnd('.')}).");
        }
    }
}
