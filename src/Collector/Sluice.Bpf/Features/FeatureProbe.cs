// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Features;

/// <summary>Whether something can be used here and now.</summary>
/// <param name="IsAvailable">It was tried and worked.</param>
/// <param name="Detail">How that is known; when it is not available, the kernel's reason.</param>
public readonly record struct FeatureProbe(bool IsAvailable, string Detail)
{
    /// <inheritdoc/>
    public override string ToString() => (IsAvailable ? "yes" : "no") + " (" + Detail + ")";
}
