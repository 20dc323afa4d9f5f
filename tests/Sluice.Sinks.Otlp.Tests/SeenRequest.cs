// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.TestSupport.Otlp;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>A request that the server of a test got.</summary>
/// <param name="Message">The request.</param>
/// <param name="Bytes">Its length, not compressed.</param>
/// <param name="Headers">Names in lower case.</param>
/// <param name="At">When.</param>
internal sealed record SeenRequest(ExportLogsServiceRequest Message, int Bytes, IReadOnlyDictionary<string, string> Headers, DateTime At);
