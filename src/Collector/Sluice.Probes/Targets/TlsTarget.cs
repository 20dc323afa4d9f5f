// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Threading;
using Microsoft.Win32.SafeHandles;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Targets;

/// <summary>
/// A file with a TLS library in it: one inode, to be probed once for all processes that map it, whatever they call it.
/// </summary>
/// <remarks>
/// A target holds the inspected file open, because the offsets are that file's alone: a path may lead to another library by the time the probes are attached
/// (a package upgrade), or to none (a container's copy, a deleted file). <see cref="Dispose"/> gives the file back; probes that are attached by then stay.
/// The tracker disposes what it has handed out when it removes a target and when it is disposed itself; a consumer may do so earlier, once it has attached.
/// </remarks>
public sealed class TlsTarget : IDisposable
{
    private SafeFileHandle? _file;

    /// <param name="key">The inode.</param>
    /// <param name="displayPath">For people.</param>
    /// <param name="file">The inspected file. Ownership passes to the target.</param>
    /// <param name="identity">Which library.</param>
    /// <param name="layout">The row for it, or null.</param>
    /// <param name="symbols">Where to put probes.</param>
    public TlsTarget(
        FileKey key, string displayPath, SafeFileHandle file, LibraryIdentity identity, TlsLayoutChoice? layout, TlsSymbols symbols)
    {
        ArgumentNullException.ThrowIfNull(file);
        Key = key;
        DisplayPath = displayPath;
        _file = file;
        Identity = identity;
        Layout = layout;
        Symbols = symbols;
    }

    /// <summary>The inode. Equal keys are the same target.</summary>
    public FileKey Key { get; }

    /// <summary>The path as people know it; of a container's copy the path inside the container, with a process id in front.</summary>
    public string DisplayPath { get; }

    /// <summary>Which library, in which version.</summary>
    public LibraryIdentity Identity { get; }

    /// <summary>The struct offsets that fit; null when none are known. Calls are captured in either case.</summary>
    public TlsLayoutChoice? Layout { get; }

    /// <summary>Where to put probes.</summary>
    public TlsSymbols Symbols { get; }

    /// <summary>
    /// A path that leads the kernel to the inode when this process uses it: a link of <c>/proc/self/fd</c>, which dies with <see cref="Dispose"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The target was disposed: the number of the closed file may name another one by now.</exception>
    public string AttachPath
    {
        get
        {
            SafeFileHandle? file = _file;
            ObjectDisposedException.ThrowIf(file is null || file.IsClosed, this);
            return string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.DangerousGetHandle()}");
        }
    }

    /// <summary>Closes the held file. Idempotent; callable from any thread that does not attach at the moment.</summary>
    public void Dispose() => Interlocked.Exchange(ref _file, null)?.Dispose();

    public override string ToString() => $"{DisplayPath}: {Identity}";
}
