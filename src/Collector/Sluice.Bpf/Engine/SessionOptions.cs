// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf.Engine;

/// <summary>What a user may say about a session, whatever the module.</summary>
public sealed record SessionOptions
{
    /// <summary>A BTF file to relocate against in place of /sys/kernel/btf/vmlinux; null for the kernel's own.</summary>
    public string? BtfPath { get; init; }

    /// <summary>Names of alternatives to do without although the kernel has them: the way to try on one machine what runs on others.</summary>
    public IReadOnlyCollection<string> WithheldAlternatives { get; init; } = [];
}
