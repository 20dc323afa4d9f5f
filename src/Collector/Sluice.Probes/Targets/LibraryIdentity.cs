// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Wire;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Targets;

/// <summary>What a file says about the TLS library in it. Unknown is a normal answer: the calls are captured all the same, only without a layout row.</summary>
/// <param name="Library">Which library.</param>
/// <param name="Version">Its version; null when the file does not say (BoringSSL has none).</param>
/// <param name="VersionText">The text the version was read from, such as <c>OpenSSL 3.0.19 27 Jan 2026</c>; null when none was found.</param>
/// <param name="IsStatic">True when the library is part of a program (or of another library), not a libssl of its own.</param>
/// <param name="BuildId">The file's GNU build id in lower-case hexadecimal; null when it has none.</param>
public sealed record LibraryIdentity(TlsLibrary Library, LibraryVersion? Version, string? VersionText, bool IsStatic, string? BuildId)
{
    /// <summary>For people: <c>OpenSSL 3.0.19 (static)</c>.</summary>
    public override string ToString()
    {
        string name = Library switch
        {
            TlsLibrary.OpenSsl => Version is { IsQuicTls: true } ? "quictls" : "OpenSSL",
            TlsLibrary.BoringSsl => "BoringSSL",
            TlsLibrary.LibreSsl => "LibreSSL",
            _ => "unknown TLS library",
        };
        string version = Version is { } known ? $" {known}" : "";
        return $"{name}{version}{(IsStatic ? " (static)" : "")}";
    }
}
