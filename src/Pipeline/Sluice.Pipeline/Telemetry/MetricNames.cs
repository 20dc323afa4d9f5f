// SPDX-License-Identifier: Apache-2.0

namespace Sluice.Pipeline.Telemetry;

/// <summary>
/// Names that the metrics of several components share. docs/specs/telemetry.md lists every metric, its unit and its meaning; a test holds it to that.
/// </summary>
public static class MetricNames
{
    /// <summary>Head of the names of all meters of this program.</summary>
    public const string MeterPrefix = "Sluice.";

    /// <summary>Attribute: why something was lost, dropped or cut, in the ledger's words.</summary>
    public const string Cause = "sluice.cause";

    /// <summary>Attribute: the sink's name in the ledger.</summary>
    public const string SinkName = "sluice.sink.name";

    /// <summary>Attribute: the capture module, such as <c>tls</c>.</summary>
    public const string Module = "sluice.module";

    /// <summary>Unit of what counts events. The ledger calls them samples: one sample becomes one event.</summary>
    public const string EventUnit = "{event}";

    /// <summary>Unit of bytes.</summary>
    public const string ByteUnit = "By";
}
