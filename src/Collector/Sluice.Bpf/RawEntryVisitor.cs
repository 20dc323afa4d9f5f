// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf;

/// <summary>Gets one entry's bytes, which are gone when it returns.</summary>
internal delegate void RawEntryVisitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
