// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;

namespace Sluice.Probes;

/// <summary>
/// What users call the features that can be withheld. Where a feature is a kind of probe, the alternatives of attach plans have the same name, and
/// withholding the one withholds the other.
/// </summary>
public static class WithheldFeatureNames
{
    private static readonly Dictionary<string, WithheldFeatures> s_byName = new()
    {
        ["uprobe-multi"] = WithheldFeatures.UprobeMulti,
        ["socket-tracepoints"] = WithheldFeatures.SocketTracepoints,
        ["modern-programs"] = WithheldFeatures.ModernPrograms,
        ["fentry"] = WithheldFeatures.Fentry,
        ["kprobe"] = WithheldFeatures.Kprobe,
        ["tp_btf"] = WithheldFeatures.BtfTracepoint,
        ["raw_tp"] = WithheldFeatures.RawTracepoint,
        ["tracepoint"] = WithheldFeatures.Tracepoint,
        ["tcx"] = WithheldFeatures.Tcx,
    };

    /// <summary>All names there are.</summary>
    public static IReadOnlyCollection<string> All => s_byName.Keys;

    /// <summary>The feature of a name; false when there is none.</summary>
    public static bool TryParse(string name, out WithheldFeatures feature) => s_byName.TryGetValue(name, out feature);

    /// <summary>The names of the features that are withheld.</summary>
    public static IReadOnlyCollection<string> Of(WithheldFeatures withheld) =>
        [.. s_byName.Where(entry => withheld.HasFlag(entry.Value)).Select(static entry => entry.Key)];
}
