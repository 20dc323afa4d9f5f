// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.OpenSsl;

/// <summary>What a probe is for; mirrors <c>enum sluice_tls_call</c> in bpf/include/event.h.</summary>
internal enum TlsCall : uint
{
    None,
    Write,
    Read,
    WriteEx,
    ReadEx,
    WriteEx2,
    WriteEarly,
    ReadEarly,
    SetFd,
    SetBio,
    Clear,
    New,
}
