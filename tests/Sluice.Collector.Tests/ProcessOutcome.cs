// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.Tests;

/// <summary>What a finished process left behind.</summary>
internal sealed record ProcessOutcome(int ExitCode, string Output, string Error);
