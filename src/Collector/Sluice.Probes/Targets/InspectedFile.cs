// SPDX-License-Identifier: Apache-2.0
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Targets;

/// <summary>What an ELF file with TLS functions says about itself.</summary>
internal sealed record InspectedFile(LibraryIdentity Identity, TlsLayoutChoice? Layout, TlsSymbols Symbols);
