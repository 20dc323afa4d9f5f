// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Sluice.Bpf.Features;

/// <summary>The effective capabilities of a thread.</summary>
/// <param name="Effective">The bits, as in CapEff of /proc/PID/status.</param>
public readonly record struct CapabilitySet(ulong Effective)
{
    private const string StatusPath = "/proc/thread-self/status";
    private const string EffectiveLabel = "CapEff:";

    /// <summary>Those of the calling thread, as of now.</summary>
    /// <exception cref="IOException">/proc is not mounted.</exception>
    public static CapabilitySet ReadCurrent() => Parse(File.ReadLines(StatusPath));

    /// <summary>Whether the set has the capability itself.</summary>
    public bool Has(LinuxCapability capability) => (Effective >> (int)capability & 1) != 0;

    /// <summary>What capturing TLS of all processes lacks: each entry names a capability and what it is for. Empty: nothing.</summary>
    public IReadOnlyList<string> MissingForTlsCapture()
    {
        List<string> missing = [.. MissingForLoading()];
        if (!Has(LinuxCapability.SysPtrace))
        {
            missing.Add("CAP_SYS_PTRACE (to find the libraries of other users' processes in /proc/PID/maps and /proc/PID/root)");
        }

        if (!Has(LinuxCapability.DacReadSearch) && !Has(LinuxCapability.DacOverride))
        {
            missing.Add("CAP_DAC_READ_SEARCH (to read those libraries where file modes forbid it)");
        }

        return missing;
    }

    /// <summary>What loading and attaching programs lacks, whatever they look at; as <see cref="MissingForTlsCapture"/>.</summary>
    public IReadOnlyList<string> MissingForLoading()
    {
        List<string> missing = [];
        bool isAdmin = Has(LinuxCapability.SysAdmin);
        if (!isAdmin && !Has(LinuxCapability.Bpf))
        {
            missing.Add("CAP_BPF (to load BPF programs; CAP_SYS_ADMIN before Linux 5.8)");
        }

        if (!isAdmin && !Has(LinuxCapability.Perfmon))
        {
            missing.Add("CAP_PERFMON (to attach them; CAP_SYS_ADMIN before Linux 5.8)");
        }

        return missing;
    }

    internal static CapabilitySet Parse(IEnumerable<string> statusLines)
    {
        foreach (string line in statusLines)
        {
            if (line.StartsWith(EffectiveLabel, StringComparison.Ordinal)
                && ulong.TryParse(line.AsSpan(EffectiveLabel.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong effective))
            {
                return new CapabilitySet(effective);
            }
        }

        throw new InvalidDataException($"{StatusPath} has no line '{EffectiveLabel}'.");
    }
}
