// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Wire;

namespace Sluice.Probes.Offsets;

/// <summary>
/// Where the builds of one version range keep what the programs read: one row of bpf/offsets/*.tsv, reduced to the fields of
/// <c>struct sluice_tls_layout</c> in bpf/include/event.h. Byte offsets; <see cref="Unknown"/> where the version has no such field.
/// </summary>
public sealed record TlsLayoutRow
{
    /// <summary>Value of a field that does not exist.</summary>
    public const int Unknown = -1;

    public required TlsLibrary Library { get; init; }

    /// <summary>First version that was measured to have this layout.</summary>
    public required LibraryVersion FirstVersion { get; init; }

    /// <summary>Last version that was measured to have this layout.</summary>
    public required LibraryVersion LastVersion { get; init; }

    public required int SslType { get; init; }

    public required int SslVersion { get; init; }

    public required int SslRbio { get; init; }

    public required int SslWbio { get; init; }

    public required int BioMethod { get; init; }

    public required int BioNum { get; init; }

    public required int BioNextBio { get; init; }

    public required int BioMethodType { get; init; }

    public override string ToString() => FirstVersion == LastVersion ? $"{FirstVersion}" : $"{FirstVersion}..{LastVersion}";
}
