// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;

namespace Sluice.Collector.CommandLine;

/// <summary><c>sluice replay</c>: the options as the user writes them; <see cref="ReplaySettingsReader"/> checks them.</summary>
internal sealed class ReplayCommand : Command
{
    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "Recordings that a raw: sink wrote. The files of a rotation in order, the oldest first; - is standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _pace = new("--pace") { Description = "Keep the distances in time at which the events were recorded, instead of full speed." };
    private readonly RunOptions _run = new();

    /// <param name="run">Does it, once the words have been checked; its result is the exit code.</param>
    public ReplayCommand(Func<ReplaySettings, Task<ExitCode>> run)
        : base("replay", "Brings recorded events to sinks. Needs no privileges.")
    {
        Add(_files);
        foreach (Option option in (Option[])[_run.Sinks, _pace, _run.Hex, _run.Ledger, .. _run.Limits])
        {
            Add(option);
        }

        SetAction(async (result, _) => (int)await run(ReplaySettingsReader.Read(_run.Fill(Words(result), result))));
    }

    private ReplayWords Words(ParseResult result) => new()
    {
        Files = result.GetValue(_files) ?? [],
        Pace = result.GetValue(_pace),
    };
}
