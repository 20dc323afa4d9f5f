// SPDX-License-Identifier: Apache-2.0
using System;
using System.Reflection;

namespace Sluice.Collector;

/// <summary>The version of this program.</summary>
internal static class ProductVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetName().Version is { } version
        ? version.ToString(fieldCount: 3)
        : throw new InvalidOperationException("The assembly has no version.");
}
