// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Bpf;
using Sluice.Bpf.Features;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Hosting;
using Sluice.Probes;

namespace Sluice.Collector.Doctor;

/// <summary>Loads a module as a capture would, asks it what it chose, and takes everything away again. Attaches to no process.</summary>
internal static class ModuleTrial
{
    /// <param name="name">The module.</param>
    /// <param name="options">What a capture without options would ask for.</param>
    /// <param name="host">Where.</param>
    /// <param name="isLoadable">False when the load is known to fail for something else.</param>
    public static DoctorModule Run(string name, CaptureOptions options, HostEnvironment host, bool isLoadable)
    {
        var untried = new DoctorModule
        {
            Name = name,
            Programs = null,
            Bytecode = ModuleBytecode.Choose(ModuleFactory.BytecodeOf(name), options, host),
            Transport = null,
            Plans = [],
            MissingCapabilities = name == ModuleNames.Tls ? host.Capabilities.MissingForTlsCapture() : host.Capabilities.MissingForLoading(),
        };
        if (!isLoadable)
        {
            return untried;
        }

        using ICaptureModule module = ModuleFactory.Create(name, NullLoggerFactory.Instance);
        FeatureProbe programs = Load(module, options);
        return untried with
        {
            Programs = programs,
            Transport = programs.IsAvailable ? module.Transport == CaptureTransport.Perf ? "perf" : "ringbuf" : null,
            Plans = module.Plans,
        };
    }

    private static FeatureProbe Load(ICaptureModule module, CaptureOptions options)
    {
        long started = Stopwatch.GetTimestamp();
        try
        {
            module.Load(options);
            return new FeatureProbe(true, string.Create(
                CultureInfo.InvariantCulture, $"loaded and verified in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms"));
        }
        catch (BpfException e)
        {
            return new FeatureProbe(false, e.Message.ReplaceLineEndings(" "));
        }
    }
}
