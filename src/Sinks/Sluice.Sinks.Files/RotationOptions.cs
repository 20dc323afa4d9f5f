// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>The options <c>rotate-size</c>, <c>rotate-time</c> and <c>rotate-keep</c> of sinks that write files.</summary>
internal static class RotationOptions
{
    /// <summary>Takes them, and ends the reading of the options.</summary>
    /// <exception cref="SinkUriException">A value is bad, they do not fit each other or standard output, or another option is unknown.</exception>
    public static RotationPolicy Take(SinkUri uri, bool isStandardOutput)
    {
        var rotation = new RotationPolicy(uri.TakeSize("rotate-size", minBytes: 1), uri.TakeDuration("rotate-time"), uri.TakeInt("rotate-keep") ?? 0);
        uri.ThrowIfUnused();
        if (isStandardOutput && rotation != new RotationPolicy())
        {
            throw uri.Error("standard output cannot be rotated; leave the rotate- options out or name a file");
        }

        return rotation is { MaxBytes: null, MaxAge: null, Keep: not 0 }
            ? throw uri.Error("rotate-keep needs rotate-size or rotate-time; without them no file is ever finished")
            : rotation;
    }
}
