// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.Telemetry;

/// <summary>How far a run is.</summary>
internal enum HostStage
{
    Loading,
    StartingSinks,
    Attaching,
    Ready,
    Stopping,
}
