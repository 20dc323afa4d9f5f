// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>
/// A file of lines that is appended to and, by size or age, put aside for a new one. A line never stands in two files, and a
/// write that failed leaves only whole lines behind.
/// </summary>
/// <remarks>
/// Files may begin with a head; they are never appended to after a restart: what an earlier run left is put aside.
/// </remarks>
internal sealed class RotatingFile : ILineOutput
{
    private readonly string _path;
    private readonly RotationPolicy _policy;
    private readonly Func<string, IAppendFile> _open;
    private readonly TimeProvider _clock;
    private readonly FinishedFiles _finished;
    private readonly Func<ReadOnlyMemory<byte>>? _head;
    private IAppendFile _file;
    private DateTimeOffset _openedAt;
    private int _headBytes;

    /// <summary>
    /// Deletes what is too old, beside the writing: the kernel needs 0.1 s and more to delete a gigabyte that it still holds in memory (0.11 s measured
    /// with strace on ext4), and for that long the sink would stand still at every rotation. One at a time.
    /// </summary>
    private Task _pruning = Task.CompletedTask;

    /// <param name="path">Absolute path.</param>
    /// <param name="policy">When to begin a new file.</param>
    /// <param name="clock">Tells the age of a file.</param>
    /// <param name="open">Opens a file at its end; <see cref="AppendFile.Open"/> but in tests.</param>
    /// <param name="head">Makes the first bytes of each file, always as many; null for a file of lines of text.</param>
    /// <exception cref="SinkException">The file cannot be opened.</exception>
    public RotatingFile(string path, RotationPolicy policy, TimeProvider clock, Func<string, IAppendFile>? open = null, Func<ReadOnlyMemory<byte>>? head = null)
    {
        _path = path;
        _policy = policy;
        _clock = clock;
        _open = open ?? AppendFile.Open;
        _finished = new FinishedFiles(path);
        _head = head;
        _file = Open();
        if (head is null)
        {
            EndTornLine();
        }
        else
        {
            Begin();
        }
    }

    /// <inheritdoc/>
    public WriteOutcome Write(LineBuffer lines)
    {
        int written = 0;
        while (written < lines.Count)
        {
            int count;
            try
            {
                count = MakeRoom(lines, written);
            }
            catch (SinkException e)
            {
                return new WriteOutcome(written, e);
            }

            WriteOutcome outcome = Append(lines, written, count);
            written += outcome.Lines;
            if (outcome.Failure is not null)
            {
                return outcome with { Lines = written };
            }
        }

        return new WriteOutcome(written, null);
    }

    /// <summary>Closes the file and waits for deletions that are under way.</summary>
    /// <exception cref="SinkException">Finished files that are too old could not be deleted.</exception>
    public void Dispose()
    {
        _file.Dispose();
        try
        {
            EndPruning();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnPrune(_path, e);
        }
    }

    private IAppendFile Open()
    {
        _openedAt = _clock.GetUtcNow();
        try
        {
            return _open(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnOpen(_path, e);
        }
    }

    /// <summary>How many lines the file may take now, at least one; puts the file aside first when it is due.</summary>
    private int MakeRoom(LineBuffer lines, int first)
    {
        long length = _file.Length;
        bool isOld = _policy.MaxAge is { } maxAge && _clock.GetUtcNow() - _openedAt >= maxAge;
        int fitting = _policy.MaxBytes is { } maxBytes ? lines.CountWithin(first, maxBytes - length) : lines.Count - first;
        if (length == 0 && _head is not null)
        {
            // New, or somebody has emptied it (logrotate).
            length = WriteHead(_head());
            fitting = _policy.MaxBytes is { } max ? lines.CountWithin(first, max - length) : fitting;
        }

        if (length <= _headBytes)
        {
            // A line that is longer than a whole file gets one for itself. An empty file is never put aside: its age begins with its first line.
            _openedAt = isOld ? _clock.GetUtcNow() : _openedAt;
            return Math.Max(fitting, 1);
        }

        if (!isOld && fitting > 0)
        {
            return fitting;
        }

        Rotate();
        return Math.Max(_policy.MaxBytes is { } fresh ? lines.CountWithin(first, fresh - _headBytes) : lines.Count - first, 1);
    }

    /// <summary>Puts aside what an earlier run left, unless nothing but a head is in it, and begins the first file.</summary>
    private void Begin()
    {
        try
        {
            ReadOnlyMemory<byte> head = _head!();
            long length = _file.Length;
            if (length > head.Length)
            {
                Rotate(head);
            }
            else
            {
                _file.SetLength(0);
                WriteHead(head);
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    private int WriteHead(ReadOnlyMemory<byte> head)
    {
        try
        {
            _file.Write(head.Span, 0);
            _headBytes = head.Length;
            return head.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnWrite(_path, e);
        }
    }

    /// <param name="head">Of the new file; null to have it made.</param>
    private void Rotate(ReadOnlyMemory<byte>? head = null)
    {
        try
        {
            // Files must not come faster than they go: that would fill the disk.
            EndPruning();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnPrune(_path, e);
        }

        try
        {
            _file.Dispose();
            _finished.PutAside(_clock.GetUtcNow());
            _file = Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnRotate(_path, e);
        }

        if (_head is not null)
        {
            WriteHead(head ?? _head());
        }

        if (_policy.Keep != 0)
        {
            _pruning = Task.Run(() => _finished.Prune(_policy.Keep));
        }
    }

    /// <summary>Waits for the deletions of the last rotation and throws what they threw, once.</summary>
    private void EndPruning()
    {
        Task pruning = _pruning;
        _pruning = Task.CompletedTask;
        pruning.GetAwaiter().GetResult();
    }

    private WriteOutcome Append(LineBuffer lines, int first, int count)
    {
        long start = 0;
        try
        {
            start = _file.Length;
            _file.Write(lines.Lines(first, count), start);
            return new WriteOutcome(count, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new WriteOutcome(KeepWholeLines(lines, first, start), OutputErrors.OnWrite(_path, e));
        }
    }

    /// <summary>After a failed write: counts the lines that reached the file whole and cuts the torn one off.</summary>
    private int KeepWholeLines(LineBuffer lines, int first, long start)
    {
        try
        {
            long length = _file.Length;
            int whole = length <= start ? 0 : lines.CountWithin(first, length - start);
            long end = start + lines.Lines(first, whole).Length;
            if (length > end)
            {
                _file.SetLength(end);
            }

            return whole;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk does not even answer: nothing of this write can be called delivered. The first error is the one that is told.
            return 0;
        }
    }

    /// <summary>A file whose last writer was killed may end inside a line; without a break our first line would be lost with it.</summary>
    private void EndTornLine()
    {
        try
        {
            long length = _file.Length;
            if (length > 0 && LastByte(length) is not (byte)'\n')
            {
                _file.Write("\n"u8, length);
            }
        }
        catch (IOException e)
        {
            _file.Dispose();
            throw OutputErrors.OnOpen(_path, e);
        }
    }

    private byte LastByte(long length)
    {
        try
        {
            using FileStream stream = new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            stream.Position = length - 1;
            return (byte)stream.ReadByte();
        }
        catch (UnauthorizedAccessException)
        {
            // A file that we may write but not read: take it as it is.
            return (byte)'\n';
        }
    }
}
