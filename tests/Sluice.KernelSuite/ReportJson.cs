// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace Sluice.KernelSuite;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StepResult))]
internal sealed partial class ReportJson : JsonSerializerContext;
