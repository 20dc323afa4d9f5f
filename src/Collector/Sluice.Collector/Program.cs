// SPDX-License-Identifier: Apache-2.0
using System.Threading.Tasks;
using Sluice.Collector.CommandLine;

namespace Sluice.Collector;

internal static class Program
{
    private static async Task<int> Main(string[] args) => (int)await SluiceCommandLine.RunAsync(args);
}
