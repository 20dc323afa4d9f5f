// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sources.Kafka;

/// <summary>The value of a record that has been read on the way.</summary>
internal readonly struct Nothing
{
}
