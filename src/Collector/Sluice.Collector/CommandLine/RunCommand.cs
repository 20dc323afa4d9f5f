// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;

namespace Sluice.Collector.CommandLine;

/// <summary><c>sluice run</c>: a capture as a service, by a configuration file.</summary>
internal sealed class RunCommand : Command
{
    private readonly Option<string?> _config = RunOptions.One("--config", "FILE", "The configuration, in YAML (docs/configuration.md). SIGHUP reads its filters and log level again.");

    /// <param name="run">Runs by the file; its result is the exit code.</param>
    public RunCommand(Func<string, Task<ExitCode>> run)
        : base("run", "Captures by a configuration file until SIGTERM or Ctrl-C, as a service does.")
    {
        Add(_config);
        SetAction(async (result, _) => (int)await run(
            result.GetValue(_config) ?? throw new UsageException("no configuration given; name it with --config FILE.")));
    }
}
