// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>Mirrors <c>enum sluice_tls_library</c> in bpf/include/event.h.</summary>
public enum TlsLibrary : byte
{
    Unknown = 0,
    OpenSsl = 1,
    BoringSsl = 2,
    LibreSsl = 3,
}
