// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>How requests are packed.</summary>
public enum OtlpCompression
{
    None,
    Gzip,
}
