// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Sluice.KernelSuite;

/// <summary>A line of the report file.</summary>
internal sealed record StepResult(
    string Kernel,
    string Area,
    string Variant,
    string Subject,
    [property: JsonConverter(typeof(JsonStringEnumConverter<Outcome>))] Outcome Result,
    string Detail,
    double Seconds);
