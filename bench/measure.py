#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benches one after the other and collects their numbers; started by bench/run.sh.

Every comparison runs both sides in turns in the same run and takes the median of the per-round ratios: on a shared
machine two numbers of different minutes say nothing about each other.
"""
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "artifacts" / "bench"
SLUICE = ROOT / "artifacts" / "sluice"
THROUGHPUT = ROOT / "bench/Sluice.Throughput/bin/Release/net10.0/Sluice.Throughput"
SDK_EXPORT = ROOT / "bench/Sluice.SdkExport/bin/Release/net10.0/Sluice.SdkExport"
BENCHMARKS = ROOT / "bench/Sluice.Benchmarks/bin/Release/net10.0/Sluice.Benchmarks"
QUICK = os.environ.get("BENCH_QUICK") == "1"
TICKS = os.sysconf("SC_CLK_TCK")


class Unavailable(Exception):
    """The host lacks what a measurement needs; the message says what."""


class Failed(Exception):
    """A program of the bench failed; the message has its last words."""


def run_json(*command):
    """Runs a program and returns the JSON object that is the last line of its output."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{Path(command[0]).name} {' '.join(map(str, command[1:]))}: exit code {done.returncode}: {done.stderr.strip()[-800:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not happen within {seconds} s")
        time.sleep(0.005)


def cpu_seconds(pid):
    """User and system time of a live process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise Failed("no VmHWM in /proc/PID/status")


# ---- what ran where -------------------------------------------------------------------------------------------------

def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "not found"


def machine():
    cpu = dict(line.split(":", 1) for line in subprocess.run(["lscpu"], capture_output=True, text=True).stdout.splitlines() if ":" in line)
    memory = Path("/proc/meminfo").read_text().splitlines()[0].split()[1]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu.get("Model name", "unknown").strip(),
        "cpus": os.cpu_count(),
        "virtualization": cpu.get("Hypervisor vendor", "none").strip(),
        "memory_gib": round(int(memory) / 1024 / 1024, 1),
        "kernel": os.uname().release,
        "dotnet": first_line("dotnet", "--version"),
        "libbpf": first_line("dpkg-query", "-W", "-f=${Version}", "libbpf1"),
        "openssl": first_line("openssl", "version"),
        "quick": QUICK,
    }


class Disturbance:
    """CPU time that went to others than the programs of the bench since its creation, in percent of the machine's."""

    def __init__(self):
        self._before = self._read()

    @staticmethod
    def _read():
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        user, nice, system, idle, iowait, irq, softirq, steal = fields
        own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * TICKS
        return sum(fields), user + nice + system + irq + softirq - own, steal

    def percent(self):
        total, others, steal = (now - before for now, before in zip(self._read(), self._before))
        return {"others": max(0.0, 100 * others / total), "steal": 100 * steal / total} if total else {"others": 0.0, "steal": 0.0}


# ---- drains and encoders --------------------------------------------------------------------------------------------

def measure_drain():
    rounds = 40 if QUICK else 200
    return {name: run_json(THROUGHPUT, "drain", "--transport", transport, "--rounds", rounds)
            for name, transport in (("ring", "ringbuf"), ("perf", "perf"))}


def measure_micro():
    target = OUT / "micro.json"
    command = [str(BENCHMARKS), "--output", str(target)] + (["--quick"] if QUICK else [])
    done = subprocess.run(command, capture_output=True, text=True, cwd=OUT)
    if done.returncode != 0:
        raise Failed(f"Sluice.Benchmarks: exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-800:]}")
    return json.loads(target.read_text())


# ---- generator -> pipeline -> sink ----------------------------------------------------------------------------------

# What a run with a loss must have been deprived of to be repeated: on a machine that has its CPUs to itself others take less than 1 %.
DISTURBED_PERCENT = 4
MAX_TRIES = 3


def run_undisturbed(*command):
    """Runs a rate; again when events were lost while somebody else had the CPUs: that would measure him."""
    for tries in range(1, MAX_TRIES + 1):
        disturbance = Disturbance()
        result = run_json(*command)
        result |= {"tries": tries, "disturbance": disturbance.percent()}
        if result["lost"] == 0 or sum(result["disturbance"].values()) < DISTURBED_PERCENT:
            break
        print(f"bench: {result['lost']} lost, but others took {result['disturbance']} % of the CPUs", file=sys.stderr, flush=True)
    return result


def measure_rate():
    seconds = 5 if QUICK else 30
    # Half a gigabyte of JSON a second is more than most disks take: the file is rotated, and gone before the kernel writes it out.
    # A generator on one CPU fills one perf buffer only: it gets the memory that the rings have together on two CPUs.
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        runs = {
            "ringbuf_null": ("ringbuf", "null:", 500_000),
            "ringbuf_jsonl": ("ringbuf", f"jsonl:{folder}/events.jsonl?rotate-size=256MiB&rotate-keep=1", 500_000),
            "perf_null": ("perf", "null:", 250_000),
            "ringbuf_null_max": ("ringbuf", "null:", 0),
            "perf_null_max": ("perf", "null:", 0),
        }
        results = {}
        for name, (transport, sink, rate) in runs.items():
            buffer = ("--mapsize", 4096) if transport == "perf" else ()
            result = run_undisturbed(THROUGHPUT, "--sink", sink, "--rate", rate, "--size", 256, "--transport", transport,
                                     "--duration", seconds if rate else max(3, seconds // 3), *buffer)
            result["rate_share"] = result["reached_rate"] / rate if rate else None
            results[name] = result
            for file in Path(folder).iterdir():
                file.unlink()
        return results


# ---- the TLS comparison ---------------------------------------------------------------------------------------------

@contextmanager
def tls_load(records):
    """A TLS load that waits for its start; yields the process and a function that starts it and returns its result."""
    process = subprocess.Popen([OUT / "tls_load", "--records", str(records), "--wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start():
        process.stdin.write("go\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if process.wait() != 0:
            raise Failed(f"tls_load: exit code {process.returncode}")
        return json.loads(line)

    try:
        process.stdout.readline()
        yield process, start
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def library_of(pid):
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if "/libssl.so" in line:
            return line.split(maxsplit=5)[5]
    raise Unavailable("the TLS load maps no libssl.so")


def untapped(records):
    with tls_load(records) as (_, start):
        return {"records_per_second": start()["records_per_second"]}


def under_c_tap(records, wakeup):
    with tls_load(records) as (load, start):
        tap = subprocess.Popen([OUT / "tls_tap", OUT / "tls_tap.bpf.o", library_of(load.pid), str(load.pid), wakeup],
                               stdout=subprocess.PIPE, text=True)
        if tap.stdout.readline().strip() != "ready":
            raise Failed("tls_tap did not attach")
        speed = start()["records_per_second"]
        tap.send_signal(signal.SIGTERM)
        counted = json.loads(tap.stdout.readline())
        tap.wait()
        return {"records_per_second": speed, "cpu_seconds": counted["cpu_seconds"], "events": counted["events"], "lost": counted["lost"]}


def start_sluice(folder, *options):
    ready = Path(folder) / "ready"
    ready.unlink(missing_ok=True)
    began = time.monotonic()
    with open(Path(folder) / "stderr", "w", encoding="utf-8") as stderr:
        process = subprocess.Popen([SLUICE, "capture", "tls", "--sink", "null:", "--ready-file", str(ready), *options], stderr=stderr, stdout=stderr)
    wait_until(lambda: ready.exists() or process.poll() is not None, 20, "sluice ready")
    if process.poll() is not None:
        raise Failed(f"sluice: exit code {process.returncode}: {(Path(folder) / 'stderr').read_text()[-800:]}")
    return process, time.monotonic() - began


def stop_sluice(process):
    """Ends the capture as a service manager does and returns all the CPU time that it took."""
    # Not SIGINT: a shell that starts the bench in the background has it ignored for all that the bench starts, and the wait below would never end.
    process.send_signal(signal.SIGTERM)
    ended, status, usage = 0, 0, None
    deadline = time.monotonic() + 30
    while not ended:
        if time.monotonic() > deadline:
            process.kill()
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        time.sleep(0.01)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"sluice: exit code {process.returncode} after SIGTERM")
    return usage.ru_utime + usage.ru_stime


def under_sluice(records, *options):
    with tempfile.TemporaryDirectory(dir=OUT) as folder, tls_load(records) as (load, start):
        ledger = Path(folder) / "ledger.json"
        process, _ = start_sluice(folder, "--pid", str(load.pid), "--ledger", str(ledger), *options)
        before = cpu_seconds(process.pid)
        speed = start()["records_per_second"]
        cpu = stop_sluice(process) - before
        counted = json.loads(ledger.read_text())
        delivered = counted["sinks"]["null:"]["delivered"]
        return {"records_per_second": speed, "cpu_seconds": cpu, "events": delivered, "lost": 4 * records - delivered}


def measure_tls():
    # Fewer would measure the collector's compiler more than its work.
    records = 150_000 if QUICK else 300_000
    taps = {
        "untapped": lambda: untapped(records),
        "c_tap": lambda: under_c_tap(records, "each"),
        "sluice": lambda: under_sluice(records),
    }
    # A round of these two takes a minute. The others stand beside the first one.
    compared = list(taps)[1:]
    if not QUICK:
        taps["c_tap_adaptive"] = lambda: under_c_tap(records, "adaptive")
        taps["sluice_perf"] = lambda: under_sluice(records, "--transport", "perf")
    rounds = []
    for number in range(1 if QUICK else 3):
        rounds.append({name: taps[name]() for name in (taps if number == 0 else compared[:: -1 if number % 2 else 1])})
    result = {name: {key: statistics.median(each[name][key] for each in rounds if name in each) for key in rounds[0][name]} for name in taps}
    for name, ours, theirs in (("", "sluice", "c_tap"), ("perf_", "sluice_perf", "c_tap"), ("adaptive_", "sluice", "c_tap_adaptive")):
        if ours in taps and theirs in taps:
            both = [each for each in rounds if ours in each and theirs in each]
            result[name + "speed_ratio"] = statistics.median(each[ours]["records_per_second"] / each[theirs]["records_per_second"] for each in both)
            result[name + "cpu_ratio"] = statistics.median(each[ours]["cpu_seconds"] / each[theirs]["cpu_seconds"] for each in both)
            result[name + "lost"] = max(each[ours]["lost"] for each in both)
    return result | {"records_each_way": records, "rounds": len(rounds)}


# ---- Kafka ----------------------------------------------------------------------------------------------------------

# What the sink sets (KafkaConfiguration.cs), so that all producers run alike. Only linger.ms is not the sink's, which sends partial batches by itself.
SINK_PROPERTIES = {
    "acks": "all", "enable.idempotence": "true", "max.in.flight": 5, "partitioner": "murmur2_random", "message.timeout.ms": 300_000, "linger.ms": 10,
    "queue.buffering.max.messages": 50_000, "queue.buffering.max.kbytes": 131_072, "reconnect.backoff.max.ms": 2_000, "statistics.interval.ms": 10_000,
}

# The forms of a record. Only the first two have a C side: with many events in a record, librdkafka is not what the time goes to. The C programs send no
# headers, so what is held to them has none either: the same records. The sink's default form, with headers, is told beside it.
KAFKA_FORMS = {
    "records": "encoding=msgpack&headers=false",
    "records_headers": "encoding=msgpack",
    "otlp_proto": "encoding=otlp_proto",
    "otlp_proto_host": "encoding=otlp_proto&key=host",
    "msgpack_batch": "encoding=msgpack&batch=true",
    "json_batch": "encoding=json&batch=true",
}


@contextmanager
def kafka_broker():
    """Address of a real broker: SLUICE_KAFKA, or one that is started for the bench."""
    if os.environ.get("SLUICE_KAFKA"):
        yield os.environ["SLUICE_KAFKA"]
        return
    service = ROOT.parent / "shared" / "services" / "kafka" / "kafka"
    if not service.exists():
        raise Unavailable("no broker: SLUICE_KAFKA is not set and ../shared/services/kafka does not exist")
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        started = subprocess.run([service, "start", "--dir", folder, "--port", "29192"], capture_output=True, text=True)
        if started.returncode != 0:
            raise Unavailable(f"the broker did not start: {started.stderr.strip()[-300:]}")
        try:
            yield started.stdout.strip().splitlines()[-1]
        finally:
            subprocess.run([service, "stop", "--dir", folder], capture_output=True)


def compare_kafka(address, config, records, rounds):
    """Turns of every form of ours and of the C producers on one broker, each turn into a topic of its own."""
    dump = OUT / "records.bin"
    run = f"{os.getpid()}-{time.time_ns()}"
    run_json(THROUGHPUT, "dump", "--records", 10_000, "--size", 256, "--output", dump)
    c_config = [f"{name}={value}" for name, value in (SINK_PROPERTIES | {"bootstrap.servers": address} | config).items()]
    own_config = "".join(f"&config.{name}={value}" for name, value in config.items())

    def ours(form, number):
        sink = f"kafka://{address}/sluice-{form}-{run}-{number}?{KAFKA_FORMS[form]}{own_config}"
        return run_json(THROUGHPUT, "replay", "--records", records, "--size", 256, "--sink", sink)

    def theirs(mode, number):
        return run_json(OUT / "kafka_produce", mode, dump, records, f"c-{mode}-{run}-{number}", *c_config)

    # What is compared stands side by side.
    sides = [("c_batch", lambda n: theirs("batch", n)), ("records", lambda n: ours("records", n)), ("c_each", lambda n: theirs("each", n))]
    sides += [(form, lambda n, form=form: ours(form, n)) for form in KAFKA_FORMS if form != "records"]
    measured = []
    for number in range(rounds):
        measured.append({name: side(number) for name, side in (sides if number % 2 == 0 else reversed(sides))})
    result = {
        name: {"records_per_second": statistics.median(each[name]["records_per_second"] for each in measured),
               "cpu_us_per_record": statistics.median(each[name]["cpu_seconds"] for each in measured) / records * 1e6}
        for name, _ in sides
    }
    for name, own, other in (("ratio", "records", "c_each"), ("batch_ratio", "records", "c_batch"), ("headers_ratio", "records_headers", "c_each")):
        result[name] = statistics.median(each[own]["records_per_second"] / each[other]["records_per_second"] for each in measured)
    return result | {"events": records, "rounds": rounds}


def measure_kafka():
    if not (OUT / "kafka_produce").exists():
        raise Unavailable("kafka_produce was not built: artifacts/librdkafka is missing (make setup)")
    records = 300_000 if QUICK else 1_000_000
    rounds = 3 if QUICK else 5
    result = {"mock": compare_kafka("127.0.0.1:1", {"test.mock.num.brokers": 1}, records, rounds)}
    try:
        with kafka_broker() as address:
            result["broker"] = compare_kafka(address, {}, records, rounds)
    except Unavailable as reason:
        result["broker"] = {"skipped": str(reason)}
    return result


# ---- OTLP -----------------------------------------------------------------------------------------------------------

def into_discard(records, command):
    """Runs an exporter against a receiver of its own that counts and forgets; fails unless every record came. The tenth that goes before is in the count."""
    receiver = subprocess.Popen([OUT / "otlp_discard"], stdout=subprocess.PIPE, text=True)
    try:
        result = run_json(*command(receiver.stdout.readline().strip()))
    finally:
        receiver.terminate()
        counts = json.loads(receiver.communicate()[0].strip().splitlines()[-1])
    expected = records + records // 10
    result |= {"lost": expected - counts["records"], "bytes_per_record": counts["bytes"] / expected, "receiver_cpu_us_per_record": 1e6 * counts["cpu_seconds"] / expected}
    return result


def compare_otlp(protocol, records, sdk_records, rounds):
    """Turns of our sink and of the SDK's exporter, the latter with the same event and with a bare one (a body, no attributes)."""
    sides = {
        "sluice": lambda: into_discard(records, lambda port: (
            THROUGHPUT, "replay", "--records", records, "--size", 256, "--sink", f"otlp+{protocol}://127.0.0.1:{port}")),
        "sdk": lambda: into_discard(sdk_records, lambda port: (SDK_EXPORT, protocol, port, sdk_records)),
        "sdk_bare": lambda: into_discard(sdk_records, lambda port: (SDK_EXPORT, protocol, port, sdk_records, "bare")),
    }
    runs = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides) if number % 2 == 0 else reversed(sides):
            runs[name].append(sides[name]())
    result = {"records": records, "sdk_records": sdk_records, "rounds": rounds}
    for name, each in runs.items():
        sent = records if name == "sluice" else sdk_records
        result[name] = {
            "records_per_second": statistics.median(run["records_per_second"] for run in each),
            "cpu_us_per_record": statistics.median(1e6 * run["cpu_seconds"] / sent for run in each),
            "bytes_per_record": each[0]["bytes_per_record"],
            "receiver_cpu_us_per_record": statistics.median(run["receiver_cpu_us_per_record"] for run in each),
            "lost": sum(run["lost"] for run in each),
        }
    for name in ("sdk", "sdk_bare"):
        result[f"{name}_ratio"] = statistics.median(
            mine["records_per_second"] / other["records_per_second"] for mine, other in zip(runs["sluice"], runs[name]))
    return result | {"allocated_bytes_per_event": statistics.median(run["allocated_bytes_per_event"] for run in runs["sluice"])}


def measure_otlp():
    records = 2_000_000 if QUICK else 10_000_000
    rounds = 2 if QUICK else 5
    return {protocol: compare_otlp(protocol, records, records // 10, rounds) for protocol in ("http", "grpc")}


# ---- relay ----------------------------------------------------------------------------------------------------------

def measure_relay():
    """A topic on a real broker, read into null: with everything that sluice relay does: joining, checkpoints, commits."""
    events = 500_000 if QUICK else 3_000_000
    rounds = 1 if QUICK else 3
    result = {}
    with kafka_broker() as address:
        for name, encoding, origins, share in (("otlp_proto", "otlp_proto", 1, 1), ("otlp_proto_16_hosts", "otlp_proto", 16, 1), ("msgpack", "msgpack", 1, 3), ("json", "json", 1, 3)):
            runs = [run_json(THROUGHPUT, "relay", "--broker", address, "--encoding", encoding, "--origins", origins, "--events", events // share) for _ in range(rounds)]
            result[name] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            result[name]["lost"] = sum(run["events"] - run["delivered"] for run in runs)
    return result


# ---- idle -----------------------------------------------------------------------------------------------------------

def measure_idle():
    seconds = 5 if QUICK else 20
    with tempfile.TemporaryDirectory(dir=OUT) as folder:
        process, ready = start_sluice(folder)
        time.sleep(2)
        before = cpu_seconds(process.pid)
        time.sleep(seconds)
        cpu = cpu_seconds(process.pid) - before
        rss = peak_rss_mb(process.pid)
        stop_sluice(process)
        return {"ready_seconds": ready, "cpu_percent": 100 * cpu / seconds, "peak_rss_mb": rss, "seconds": seconds}


# ---- spool ----------------------------------------------------------------------------------------------------------

def measure_spool():
    # In the folder of the repository and not in /tmp, which is memory on some hosts.
    rounds = []
    for _ in range(1 if QUICK else 3):
        with tempfile.TemporaryDirectory(dir=OUT) as folder:
            rounds.append(run_json(THROUGHPUT, "spool", "--dir", Path(folder) / "spool", "--megabytes", 500 if QUICK else 4_000))
    return {key: statistics.median(each[key] for each in rounds) for key in rounds[0]} | {"rounds": len(rounds)}


# ---- start and stop -------------------------------------------------------------------------------------------------

BUSY_HOST_PROCESSES = 200


def logged_at(log, text):
    """Seconds of the day at which the collector logged a line with the text."""
    for line in log.splitlines():
        if text in line:
            hours, minutes, seconds = line.split()[0].split(":")
            return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    raise Failed(f"sluice did not log '{text}'")


def start_and_stop(folder, *options):
    """Seconds from the start of the process to all probes in place, and milliseconds that taking them out took."""
    process, ready = start_sluice(folder, "--log-level", "debug", *options)
    time.sleep(0.2)
    stop_sluice(process)
    log = (Path(folder) / "stderr").read_text()
    detach = logged_at(log, "Probes detached") - logged_at(log, "Stopping:")
    return ready, (detach % 86_400) * 1000


def measure_engine():
    rounds = 5 if QUICK else 20
    modules = {"tls": (), "tls_and_connections": ("connections",)}
    with tempfile.TemporaryDirectory(dir=OUT) as folder, ExitStack() as host:
        for _ in range(BUSY_HOST_PROCESSES):
            host.enter_context(tls_load(1))
        result = {}
        for name, options in modules.items():
            ready, detach = zip(*(start_and_stop(folder, *options) for _ in range(rounds)))
            result[name] = {"ready_seconds": statistics.median(ready), "ready_seconds_max": max(ready),
                            "detach_ms": statistics.median(detach), "detach_ms_max": max(detach)}
        return result | {"processes": BUSY_HOST_PROCESSES, "rounds": rounds}


PARTS = {
    "drain": measure_drain,
    "micro": measure_micro,
    "rate": measure_rate,
    "tls": measure_tls,
    "kafka": measure_kafka,
    "otlp": measure_otlp,
    "relay": measure_relay,
    "spool": measure_spool,
    "idle": measure_idle,
    "engine": measure_engine,
}


def main():
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        print(f"bench: unknown part '{unknown[0]}'; the parts are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    results = {"machine": machine()}
    disturbance = Disturbance()
    for name in wanted:
        began = time.monotonic()
        try:
            results[name] = PARTS[name]()
        except Unavailable as reason:
            results[name] = {"skipped": str(reason)}
        except Failed as failure:
            results[name] = {"failed": str(failure)}
        print(f"bench: {name}: {time.monotonic() - began:.0f} s: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    results["machine"] |= {f"cpu_time_of_{name}_%": round(percent, 1) for name, percent in disturbance.percent().items()}
    (OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if not QUICK and not sys.argv[1:]:
        report.write_tables(ROOT / "docs" / "performance.md", results)
    return report.check_budgets(ROOT / "bench" / "budgets.json", results, wanted)


if __name__ == "__main__":
    sys.exit(main())
