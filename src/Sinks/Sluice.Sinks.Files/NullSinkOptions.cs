// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>What a <c>null:</c> URI says: nothing but a name.</summary>
public sealed class NullSinkOptions
{
    /// <summary>The sink's key in the ledger.</summary>
    public required string Name { get; init; }

    /// <exception cref="SinkUriException">It has a target, or an option that is not known.</exception>
    public static NullSinkOptions Parse(SinkUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Target.Length != 0)
        {
            throw uri.Error("events go nowhere, so nothing may stand behind the colon; write null:");
        }

        uri.ThrowIfUnused();
        return new NullSinkOptions { Name = uri.Name };
    }
}
