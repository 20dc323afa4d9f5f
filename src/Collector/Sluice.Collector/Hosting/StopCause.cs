// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Collector.Hosting;

/// <summary>Why a capture ends.</summary>
/// <param name="Reason">For people, such as "SIGINT" or "the reader died".</param>
/// <param name="Failure">What broke; null when this is an orderly end.</param>
internal sealed record StopCause(string Reason, Exception? Failure = null);
