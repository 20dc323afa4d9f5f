// SPDX-License-Identifier: Apache-2.0
using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Throughput;

/// <summary>The command line: generator, pipeline and sinks by default; the parts of the other comparisons as sub-commands.</summary>
internal sealed class ThroughputCommand : RootCommand
{
    private readonly Option<string[]> _sinks = new("--sink")
    {
        Description = "Sink URI: null:, jsonl:PATH or kafka://HOST:PORT/TOPIC with its options. Repeatable.",
        DefaultValueFactory = static _ => ["null:"],
    };

    private readonly Option<int> _rate = Number("--rate", "Events a second; 0 = as many as the reader follows.", 500_000);
    private readonly Option<int> _size = Number("--size", "Payload bytes of an event, 24 to 16384.", 256);
    private readonly Option<double> _duration = new("--duration") { Description = "Seconds.", DefaultValueFactory = static _ => 10 };
    private readonly Option<int?> _mapSize = new("--mapsize") { Description = "Buffer in pages per CPU, a power of two. Default: that of sluice capture." };
    private readonly Option<int> _connections = Number("--connections", "Connections that the events belong to, 1 to 1024.", 64);
    private readonly Option<bool> _overrun = new("--overrun") { Description = "With --rate 0: do not wait for the reader, so that events are lost." };
    private readonly Option<string> _transport = TransportOption();

    public ThroughputCommand()
        : base("Drives numbered events from a generator in the kernel through reader, pipeline and sinks; prints rate, loss, latency and cost as JSON.")
    {
        foreach (Option option in new Option[] { _sinks, _rate, _size, _duration, _transport, _mapSize, _connections, _overrun })
        {
            Add(option);
        }

        SetAction(RunAsync);
        Add(DrainCommand());
        Add(ReplayCommand());
        Add(DumpCommand());
        Add(SpoolCommand());
        Add(RelayCommand());
    }

    private static Option<int> Number(string name, string description, int otherwise) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => otherwise,
    };

    private static Option<string> TransportOption()
    {
        var option = new Option<string>("--transport") { Description = "ringbuf or perf.", DefaultValueFactory = static _ => "ringbuf" };
        option.AcceptOnlyFromAmong("ringbuf", "perf");
        return option;
    }

    private static Command DrainCommand()
    {
        Option<string> transport = TransportOption();
        Option<int> rounds = Number("--rounds", "Rounds; the figures are medians over them.", 101);
        var command = new Command("drain", "Drains full buffers of 128-byte records by our reader and by libbpf's in turns.") { transport, rounds };
        command.SetAction(result =>
        {
            JsonOutput.Print(DrainComparison.Measure(
                result.GetValue(transport) == "perf", result.GetValue(rounds), cpu: Environment.ProcessorCount - 1));
        });
        return command;
    }

    private static Command ReplayCommand()
    {
        var sink = new Option<string>("--sink") { Description = "Sink URI.", Required = true };
        Option<int> records = Number("--records", "Records to send.", 1_000_000);
        Option<int> size = Number("--size", "Payload bytes of an event.", 256);
        var command = new Command("replay", "Feeds ready-made samples to one sink as fast as it takes them.") { sink, records, size };
        command.SetAction(async (result, _) =>
            JsonOutput.Print(await ReplayRun.ExecuteAsync(result.GetValue(sink)!, result.GetValue(records), result.GetValue(size))));
        return command;
    }

    private static Command DumpCommand()
    {
        var output = new Option<string>("--output") { Description = "File to write.", Required = true };
        Option<int> records = Number("--records", "Records to write.", 10_000);
        Option<int> size = Number("--size", "Payload bytes of an event.", 256);
        var command = new Command("dump", "Writes encoded records with their keys for the C Kafka producer.") { output, records, size };
        command.SetAction(result =>
        {
            long bytes = RecordDump.Write(result.GetValue(output)!, result.GetValue(records), result.GetValue(size));
            JsonOutput.Print(new { Records = result.GetValue(records), Bytes = bytes });
        });
        return command;
    }

    private static Command SpoolCommand()
    {
        var directory = new Option<string>("--dir") { Description = "Directory of the spool.", Required = true };
        Option<int> megabytes = Number("--megabytes", "Samples to write and read, in MB.", 2_000);
        Option<int> size = Number("--size", "Payload bytes of an event.", 256);
        var command = new Command("spool", "Fills a spool with ready-made samples behind a sink that hangs, then empties it.") { directory, megabytes, size };
        command.SetAction(async (result, _) =>
            JsonOutput.Print(await SpoolRun.ExecuteAsync(result.GetValue(directory)!, result.GetValue(megabytes), result.GetValue(size))));
        return command;
    }

    private static Command RelayCommand()
    {
        var broker = new Option<string>("--broker") { Description = "HOST:PORT of a running broker; a topic is made there.", Required = true };
        var sink = new Option<string>("--sink") { Description = "Sink URI.", DefaultValueFactory = static _ => "null:" };
        var encoding = new Option<string>("--encoding") { Description = "otlp_proto (many events in a record), json or msgpack (one).", DefaultValueFactory = static _ => "otlp_proto" };
        encoding.AcceptOnlyFromAmong("otlp_proto", "json", "msgpack");
        Option<int> events = Number("--events", "Events to read.", 2_000_000);
        Option<int> size = Number("--size", "Payload bytes of an event.", 256);
        Option<int> origins = Number("--origins", "Hosts that the events come from.", 1);
        Option<int> partitions = Number("--partitions", "Partitions of the topic.", 4);
        var command = new Command("relay", "Reads a topic of events from a broker into one sink, as sluice relay does.") { broker, sink, encoding, events, size, origins, partitions };
        command.SetAction(async (result, _) => JsonOutput.Print(await RelayRun.ExecuteAsync(
            result.GetValue(broker)!, result.GetValue(sink)!, result.GetValue(encoding)!, result.GetValue(events), result.GetValue(size), result.GetValue(origins), result.GetValue(partitions))));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        var options = new ThroughputOptions
        {
            Sinks = result.GetValue(_sinks)!,
            Rate = result.GetValue(_rate),
            PayloadBytes = result.GetValue(_size),
            Duration = TimeSpan.FromSeconds(result.GetValue(_duration)),
            UsePerf = result.GetValue(_transport) == "perf",
            MapSizePages = result.GetValue(_mapSize),
            Connections = result.GetValue(_connections),
            Overrun = result.GetValue(_overrun),
        };
        if (options.FindProblem() is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return 2;
        }

        ThroughputFigures figures = await new ThroughputRun(options).ExecuteAsync();
        JsonOutput.Print(figures);
        foreach (string broken in figures.Broken)
        {
            await Console.Error.WriteLineAsync($"The sums do not hold: {broken}");
        }

        return figures.Broken.Count == 0 ? 0 : 1;
    }
}
