// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>What a <c>console:</c> URI says: <c>-</c>, <c>console:</c> or <c>console:?hex=true</c>.</summary>
public sealed class ConsoleSinkOptions
{
    /// <summary>The sink's key in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>Show every payload as a hex dump.</summary>
    public bool Hex { get; init; }

    /// <summary>Colour the heads of events.</summary>
    public bool UseColor { get; init; }

    /// <summary>Reads the options; whether colour is fit is found out from the terminal and NO_COLOR (no-color.org).</summary>
    /// <param name="uri">The sink.</param>
    /// <param name="hex">What holds when the URI does not say <c>hex=</c>: the command line's <c>--hex</c>.</param>
    /// <exception cref="SinkUriException">It has a target, or an option that is not known or has a bad value.</exception>
    public static ConsoleSinkOptions Parse(SinkUri uri, bool hex = false)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Target is not ("" or "-"))
        {
            throw uri.Error("the console is standard output, so nothing may stand behind the colon; write console: or -");
        }

        var options = new ConsoleSinkOptions
        {
            Name = uri.Name,
            Hex = uri.TakeBool("hex") ?? hex,
            UseColor = !Console.IsOutputRedirected
                && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
                && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
        };
        uri.ThrowIfUnused();
        return options;
    }
}
