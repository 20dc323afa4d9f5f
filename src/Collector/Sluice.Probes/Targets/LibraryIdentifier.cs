// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Sluice.Pipeline.Wire;
using Sluice.Probes.Elf;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Targets;

/// <summary>Finds out which TLS library a file holds, from the version text that every release carries and, where there is none, from functions only it has.</summary>
internal static partial class LibraryIdentifier
{
    // "OpenSSL 1.1.1w-fips+quic  11 Sep 2023" and its like fit in.
    private const int TextBytes = 64;

    // Exported by BoringSSL and its fork AWS-LC in all of their versions, and by no OpenSSL.
    private static readonly string[] s_boringSslFunctions = ["SSL_CTX_set_grease_enabled", "SSL_early_callback_ctx_extension_get"];

    private const string LibreSslFunction = "SSL_CTX_use_certificate_chain_mem";
    private const string QuicTlsFunction = "SSL_set_quic_method";

    /// <summary>Opens a library that the file needs; the caller closes it. Null when it cannot be found.</summary>
    internal delegate SafeFileHandle? NeededLibraryOpener(string soName);

    /// <summary>Identifies the library. Reads the file's constant data, and that of its libcrypto when the text is there (OpenSSL 3).</summary>
    /// <exception cref="ElfException">The file became unreadable.</exception>
    internal static LibraryIdentity Identify(ElfFile file, NeededLibraryOpener openNeeded)
    {
        bool isStatic = file.SoName?.StartsWith("libssl", StringComparison.Ordinal) != true;
        string? buildId = file.ReadBuildId();
        if (FindVersion(file) is { } own)
        {
            return new LibraryIdentity(own.Library, WithFork(own.Version, file), own.Text, isStatic, buildId);
        }

        if (s_boringSslFunctions.Any(name => file.TryFindDynamicSymbol(name, out _)))
        {
            return new LibraryIdentity(TlsLibrary.BoringSsl, null, null, isStatic, buildId);
        }

        if (FindVersionInCrypto(file, openNeeded) is { } crypto)
        {
            return new LibraryIdentity(crypto.Library, WithFork(crypto.Version, file), crypto.Text, isStatic, buildId);
        }

        TlsLibrary library = file.TryFindDynamicSymbol(LibreSslFunction, out _) ? TlsLibrary.LibreSsl
            : OpenSslSoName().IsMatch(file.SoName ?? "") ? TlsLibrary.OpenSsl
            : TlsLibrary.Unknown;
        return new LibraryIdentity(library, null, null, isStatic, buildId);
    }

    /// <summary>Recognises a version text at the beginning of <paramref name="text"/>.</summary>
    internal static bool TryParseVersionText(ReadOnlySpan<byte> text, out TlsLibrary library, out LibraryVersion version, out string versionText)
    {
        string decoded = Encoding.ASCII.GetString(text);
        Match match = OpenSslText().Match(decoded);
        library = TlsLibrary.OpenSsl;
        if (!match.Success)
        {
            match = LibreSslText().Match(decoded);
            library = TlsLibrary.LibreSsl;
        }

        version = default;
        versionText = match.Groups["text"].Value;
        return match.Success && LibraryVersion.TryParse(match.Groups["version"].ValueSpan, out version);
    }

    private static FoundVersion? FindVersion(ElfFile file)
    {
        FoundVersion? found = null;
        if (!file.SearchReadOnlyData("OpenSSL "u8, TextBytes, OnText))
        {
            file.SearchReadOnlyData("LibreSSL "u8, TextBytes, OnText);
        }

        return found;

        bool OnText(ReadOnlySpan<byte> text)
        {
            if (TryParseVersionText(text, out TlsLibrary library, out LibraryVersion version, out string versionText))
            {
                found = new FoundVersion(library, version, versionText);
            }

            return found is not null;
        }
    }

    private static FoundVersion? FindVersionInCrypto(ElfFile file, NeededLibraryOpener openNeeded)
    {
        string? soName = file.Needed.FirstOrDefault(static name => name.StartsWith("libcrypto", StringComparison.Ordinal));
        using SafeFileHandle? handle = soName is null ? null : openNeeded(soName);
        if (handle is null)
        {
            return null;
        }

        try
        {
            return FindVersion(ElfFile.Open(new FileByteSource(handle), soName!));
        }
        catch (ElfException)
        {
            // A broken libcrypto beside a sound libssl: the version stays unknown, the target stays a target.
            return null;
        }
    }

    /// <summary>Distributions strip the fork's mark from the version text at times; its functions give it away.</summary>
    private static LibraryVersion WithFork(LibraryVersion version, ElfFile file) =>
        version.IsQuicTls || !file.TryFindDynamicSymbol(QuicTlsFunction, out _) ? version : version with { IsQuicTls = true };

    // The date tells the library's own text from a message such as "OpenSSL 1.1.1 or later is needed". Development builds have x for each digit.
    [GeneratedRegex(@"^(?<text>OpenSSL (?<version>\d+\.\d+\.\d+[a-z]{0,2}(?:\+quic)?)[-+.\w]* +(?:\d{1,2} [A-Z][a-z]{2} \d{4}|xx XXX xxxx))", RegexOptions.CultureInvariant)]
    private static partial Regex OpenSslText();

    [GeneratedRegex(@"^(?<text>LibreSSL (?<version>\d+\.\d+\.\d+))\0", RegexOptions.CultureInvariant)]
    private static partial Regex LibreSslText();

    // LibreSSL numbers its libraries from 26 on, so these are OpenSSL's alone.
    [GeneratedRegex(@"^libssl\.so\.(?:3|4|10|1\.1|1\.0\.\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex OpenSslSoName();

    private sealed record FoundVersion(TlsLibrary Library, LibraryVersion Version, string Text);
}
