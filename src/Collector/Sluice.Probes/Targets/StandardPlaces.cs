// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Sluice.Probes.Targets;

/// <summary>
/// Where libraries and programs with TLS usually are. They are probed even when nothing maps them yet, so that processes that live for a moment are
/// captured from their first byte.
/// </summary>
internal sealed class StandardPlaces
{
    private const string LibraryPattern = "libssl*.so*";

    // Where distributions put libraries, for hosts without the linker's cache.
    private static readonly string[] s_libraryDirectories =
        ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"];

    private static readonly string[] s_programDirectories = ["/usr/local/bin", "/usr/bin", "/bin"];

    // Programs known to carry their own, exported OpenSSL.
    private static readonly string[] s_programs = ["node", "nodejs"];

    private readonly string[] _programDirectories;
    private readonly Dictionary<string, (DateTime Modified, string[] Files)> _listings = new(StringComparer.Ordinal);

    /// <param name="linkerCachePath">The linker's cache.</param>
    /// <param name="searchPath">A list of directories as in <c>$PATH</c>; null for none.</param>
    internal StandardPlaces(string linkerCachePath = "/etc/ld.so.cache", string? searchPath = null)
    {
        LibraryDirectories = [.. LinkerCache.ReadDirectories(linkerCachePath).Concat(s_libraryDirectories).Distinct(StringComparer.Ordinal)];
        _programDirectories =
        [
            .. (searchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
                .Where(Path.IsPathRooted)
                .Concat(s_programDirectories)
                .Distinct(StringComparer.Ordinal),
        ];
    }

    internal IReadOnlyList<string> LibraryDirectories { get; }

    /// <summary>Files that may have TLS in them. A directory is only listed again after it has changed.</summary>
    internal IEnumerable<string> EnumerateCandidates()
    {
        foreach (string file in LibraryDirectories.SelectMany(List))
        {
            yield return file;
        }

        foreach (string directory in _programDirectories)
        {
            foreach (string program in s_programs)
            {
                string path = Path.Combine(directory, program);
                if (File.Exists(path))
                {
                    yield return path;
                }
            }
        }
    }

    private string[] List(string directory)
    {
        try
        {
            DateTime modified = Directory.GetLastWriteTimeUtc(directory);
            if (!_listings.TryGetValue(directory, out (DateTime Modified, string[] Files) listing) || listing.Modified != modified)
            {
                listing = (modified, Directory.Exists(directory) ? Directory.GetFiles(directory, LibraryPattern) : []);
                _listings[directory] = listing;
            }

            return listing.Files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A directory that goes away or is closed to us has nothing to offer.
            return [];
        }
    }
}
