// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;
using Sluice.Bpf;
using Sluice.Pipeline.Delivery;

namespace Sluice.Throughput;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        try
        {
            return await new ThroughputCommand().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (SinkUriException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
        catch (BpfException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} (The generator needs root and Linux 5.17.)");
            return 3;
        }
    }
}
