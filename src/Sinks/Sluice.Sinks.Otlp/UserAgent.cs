// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>How requests name their sender.</summary>
internal static class UserAgent
{
    /// <summary>Such as <c>sluice/0.1.0</c>.</summary>
    public static string Text { get; } = "sluice/" + typeof(UserAgent).Assembly.GetName().Version!.ToString(fieldCount: 3);
}
