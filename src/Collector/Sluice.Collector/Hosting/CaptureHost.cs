// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.Collector.CommandLine;

namespace Sluice.Collector.Hosting;

internal static class CaptureHost
{
    public static Task<ExitCode> RunAsync(CaptureSettings settings) => throw new NotSupportedException(settings.ToString());
}
