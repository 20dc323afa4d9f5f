// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;

namespace Sluice.Integration.Tests.Support;

/// <summary>OpenSSL's libraries once more, as other files: what a container or an application bundle has.</summary>
internal static class LibraryCopy
{
    /// <summary>Copies libssl and libcrypto of the load program into a directory of the workspace, for LD_LIBRARY_PATH.</summary>
    public static string Make(Workspace workspace)
    {
        string own = workspace.PathOf("lib");
        Directory.CreateDirectory(own);
        foreach (string path in Command.Run("ldd", Repository.TlsLoad).Split(['\n', ' ', '\t']).Where(IsOpenSsl))
        {
            File.Copy(path, Path.Combine(own, Path.GetFileName(path)));
        }

        return own;
    }

    /// <summary>The same, but with a version that no table knows.</summary>
    public static string MakeUnknownVersion(Workspace workspace)
    {
        string own = Make(workspace);
        string library = Path.Combine(own, "libcrypto.so.3");
        byte[] bytes = File.ReadAllBytes(library);
        ReadOnlySpan<byte> real = "OpenSSL 3."u8, unknown = "OpenSSL 8."u8;
        for (int at = bytes.AsSpan().IndexOf(real); at >= 0; at = bytes.AsSpan().IndexOf(real))
        {
            unknown.CopyTo(bytes.AsSpan(at));
        }

        File.WriteAllBytes(library, bytes);
        return own;
    }

    private static bool IsOpenSsl(string word) =>
        word.Contains("/libssl.so", StringComparison.Ordinal) || word.Contains("/libcrypto.so", StringComparison.Ordinal);
}
