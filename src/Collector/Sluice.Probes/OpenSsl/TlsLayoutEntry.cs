// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Probes.OpenSsl;

/// <summary>Mirrors <c>struct sluice_tls_layout</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal record struct TlsLayoutEntry
{
    public int SslType;
    public int SslVersion;
    public int SslRbio;
    public int SslWbio;
    public int BioMethod;
    public int BioNum;
    public int BioNextBio;
    public int BioMethodType;
    public TlsLibrary Library;

    /// <summary>0: only <see cref="Library"/> counts.</summary>
    public byte Usable;
}
