// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text.Json;

namespace Sluice.Throughput;

/// <summary>Results go to standard output, one JSON object in one line.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void Print<T>(T result) => Console.WriteLine(JsonSerializer.Serialize(result, s_options));
}
