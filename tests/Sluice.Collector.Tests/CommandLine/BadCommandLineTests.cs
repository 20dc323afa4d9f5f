// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Collector.Tests.CommandLine;

/// <summary>What is refused, and that the message says which option, which value and what is allowed.</summary>
public sealed class BadCommandLineTests
{
    [Theory]
    [InlineData("tls --mapsize 3", "--mapsize '3'", "power of two")]
    [InlineData("tls --mapsize 0", "--mapsize '0'", "power of two")]
    [InlineData("tls --mapsize -4", "--mapsize '-4'", "power of two")]
    [InlineData("tls --mapsize 524288", "--mapsize '524288'", "262144")]
    [InlineData("tls --mapsize 4k", "--mapsize '4k'", "power of two")]
    [InlineData("tls --pid 4194304", "--pid '4194304'", "no such process")]
    [InlineData("tls --pid 0", "--pid '0'", "whole number from 1")]
    [InlineData("tls --pid x", "--pid 'x'", "whole number")]
    [InlineData("tls --pid 1,,1", "--pid '1,,1'", "empty")]
    [InlineData("tls --uid no-such-user", "--uid 'no-such-user'", "/etc/passwd")]
    [InlineData("tls --uid 4294967295", "--uid '4294967295'", "no such user")]
    [InlineData("tls --cgroup /no/such/group", "--cgroup '/no/such/group'", "no such cgroup")]
    [InlineData("tls --cgroup /tmp", "--cgroup '/tmp'", "not a cgroup v2 directory")]
    [InlineData("tls --lib /no/such/lib.so", "--lib '/no/such/lib.so'", "no such file")]
    [InlineData("tls --lib /tmp", "--lib '/tmp'", "directory")]
    [InlineData("tls --btf other", "--btf 'other'", "auto, core or noncore")]
    [InlineData("tls --btf 3", "--btf '3'", "auto, core or noncore")]
    [InlineData("tls --btf noncore --btf-file /etc/passwd", "--btf-file '/etc/passwd'", "uses no BTF")]
    [InlineData("tls --btf-file /no/such/file", "--btf-file '/no/such/file'", "no such file")]
    [InlineData("tls --btf-file /tmp", "--btf-file '/tmp'", "cannot be read")]
    [InlineData("tls --btf-file /etc/passwd", "--btf-file '/etc/passwd'", "neither raw BTF nor")]
    [InlineData("tls --transport tcp", "--transport 'tcp'", "ringbuf or perf")]
    [InlineData("tls --mode keylog", "--mode 'keylog'", "not available in this version")]
    [InlineData("tls --mode other", "--mode 'other'", "text is wanted")]
    [InlineData("tls --payload-limit -1", "--payload-limit '-1'", "number of bytes")]
    [InlineData("tls --payload-limit 99999999999GiB", "--payload-limit '99999999999GiB'", "number of bytes")]
    [InlineData("tls --duration 0", "--duration '0'", "duration from 1ms")]
    [InlineData("tls --duration 5x", "--duration '5x'", "such as 500ms")]
    [InlineData("tls --duration -5s", "--duration '-5s'", "such as 500ms")]
    [InlineData("tls --duration NaN", "--duration 'NaN'", "such as 500ms")]
    [InlineData("tls --max-events 0", "--max-events '0'", "whole number from 1")]
    [InlineData("tls --drain-timeout 2h", "--drain-timeout '2h'", "to 1h")]
    [InlineData("connections --udp-idle 500ms", "--udp-idle '500ms'", "duration from 1s")]
    [InlineData("connections --udp-idle 2h", "--udp-idle '2h'", "to 1h")]
    [InlineData("tls --log-level loud", "--log-level 'loud'", "trace, debug, info")]
    [InlineData("tls --ledger /no/such/dir/file", "--ledger '/no/such/dir/file'", "no such directory")]
    [InlineData("tls --ready-file /tmp", "--ready-file '/tmp'", "path of a file")]
    [InlineData("tls --hex --sink null:", "--hex", "no console sink")]
    [InlineData("tls --sink null:?name=a&overflow=spool&spool-dir=/s --sink null:?name=b&overflow=spool&spool-dir=/x/../s", "spool-dir '/x/../s' is that of 'a'", "directory of its own")]
    public void Value_ThatCannotBe_IsRefusedByName(string line, string names, string says)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture(line.Split(' ')));

        Assert.Contains(names, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nope", "unknown module 'nope'")]
    [InlineData("gotls", "module 'gotls' is not available in this version")]
    [InlineData("tls bash", "module 'bash' is not available in this version")]
    [InlineData("tls tls", "module 'tls' is given twice")]
    [InlineData("TLS", "unknown module 'TLS'")]
    [InlineData("tls --nope", "unknown option '--nope'")]
    [InlineData("--nope", "unknown option '--nope'")]
    [InlineData("--sink null:", "no module given")]
    public void Module_ThatDoesNotExist_IsRefusedWithThoseThatDo(string line, string says)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture(line.Split(' ')));

        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--pid")]
    [InlineData("--duration")]
    [InlineData("--sink")]
    public void Option_WithoutItsValue_IsRefusedByName(string option)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", option));

        Assert.Contains(option, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Option_ThatTakesOneValue_IsRefusedWhenGivenTwice()
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--mapsize", "4", "--mapsize", "8"));

        Assert.Contains("--mapsize", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pcapng:/tmp/a", "pcapng is not available in this version")]
    [InlineData("keylog:/tmp/a", "keylog is not available in this version")]
    [InlineData("ftp://h/a", "unknown kind of sink 'ftp'; sinks: console, jsonl, kafka, otlp+grpc, otlp+http, raw, null")]
    public void Sink_OfAKindThatIsNotThere_IsRefusedWithThoseThatAre(string uri, string says)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--sink", uri));

        Assert.Contains(uri, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-scheme")]
    [InlineData("")]
    [InlineData("jsonl:/tmp/a?overflow=sometimes")]
    [InlineData("jsonl:/tmp/a?queue-bytes=many")]
    public void Sink_ThatIsNoUri_IsRefused(string uri) =>
        Assert.Throws<SinkUriException>(() => SluiceCommandLine.ParseCapture("tls", "--sink", uri));

    [Theory]
    [InlineData("-", "jsonl:-", "standard output")]
    [InlineData("console:?name=a", "console:?name=b", "standard output")]
    [InlineData("null:", "null:", "already called 'null:'")]
    [InlineData("jsonl:/tmp/a?name=x", "null:?name=x", "already called 'x'")]
    [InlineData("jsonl:/tmp/a?name=x", "jsonl:/tmp/../tmp/a?name=y", "already writes to this file")]
    [InlineData("jsonl:/tmp/a?name=x", "jsonl:/proc/self/root/tmp/a?name=y", "already writes to this file")]
    [InlineData("console:", "jsonl:/dev/stdout", "standard output")]
    public void Sinks_ThatCollide_AreRefused(string first, string second, string says)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--sink", first, "--sink", second));

        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sinks_OnOneFileByALink_AreRefused()
    {
        string folder = Directory.CreateTempSubdirectory("sluice-").FullName;
        try
        {
            File.CreateSymbolicLink(Path.Combine(folder, "link"), "events");

            UsageException refusal = Assert.Throws<UsageException>(
                () => SluiceCommandLine.ParseCapture("tls", "--sink", $"jsonl:{folder}/events", "--sink", $"jsonl:{folder}/link"));

            Assert.Contains("already writes to this file", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("--ledger")]
    [InlineData("--ready-file")]
    public void OwnFile_ThatIsASinksToo_IsRefusedByName(string option)
    {
        UsageException refusal = Assert.Throws<UsageException>(() => SluiceCommandLine.ParseCapture("tls", "--sink", "jsonl:/tmp/a", option, "/tmp/a"));

        Assert.Contains(option + " '/tmp/a'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("jsonl:/tmp/a", refusal.Message, StringComparison.Ordinal);
    }
}
