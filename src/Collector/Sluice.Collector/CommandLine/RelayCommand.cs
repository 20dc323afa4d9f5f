// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading.Tasks;

namespace Sluice.Collector.CommandLine;

/// <summary><c>sluice relay</c>: the options as the user writes them; <see cref="RelaySettingsReader"/> checks them.</summary>
internal sealed class RelayCommand : Command
{
    private readonly Option<string?> _from = RunOptions.One("--from", "URI",
        "Where events are read: kafka://HOST:PORT,HOST:PORT/TOPIC, several topics with commas between, or a pattern that begins with ^. Options follow as "
        + "?name=value&name=value: topic, start=earliest|latest (of a group that has read nothing yet), config.NAME=VALUE for librdkafka.");

    private readonly Option<string?> _group = RunOptions.One("--group", "NAME",
        "Consumer group. Relays of one group share the partitions; each group gets every event.");

    private readonly RunOptions _run = new();

    /// <param name="run">Does it, once the words have been checked; its result is the exit code.</param>
    public RelayCommand(Func<RelaySettings, Task<ExitCode>> run)
        : base("relay", "Reads events from Kafka, as a member of a consumer group, and brings them to sinks until Ctrl-C. Needs no privileges.")
    {
        foreach (Option option in (Option[])[_from, _group, _run.Sinks, _run.Hex, _run.Ledger, .. _run.Limits])
        {
            Add(option);
        }

        SetAction(async (result, _) => (int)await run(RelaySettingsReader.Read(_run.Fill(Words(result), result))));
    }

    private RelayWords Words(ParseResult result) => new()
    {
        From = result.GetValue(_from),
        Group = result.GetValue(_group),
    };
}
