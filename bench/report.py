# SPDX-License-Identifier: Apache-2.0
"""Checks the results of the benches against their budgets and writes them into docs/performance.md."""
import json
import re
import sys


def find(results, path):
    """The value at a dotted path, or the reason why there is none."""
    value = results
    for part in path.split("."):
        for reason in ("failed", "skipped"):
            if reason in value:
                return None, f"{reason}: {value[reason]}"
        if part not in value:
            return None, "failed: not measured"
        value = value[part]
    return value, None


def verdict(budget, results):
    """'ok', 'skipped' or 'BROKEN', with what was found."""
    value, reason = find(results, budget["metric"])
    if value is None:
        return ("skipped" if reason.startswith("skipped") and budget.get("if_available") else "BROKEN"), reason
    if "min" in budget:
        return ("ok" if value >= budget["min"] else "BROKEN"), f"{number(value)} (at least {budget['min']})"
    return ("ok" if value <= budget["max"] else "BROKEN"), f"{number(value)} (at most {budget['max']})"


def check_budgets(path, results, parts):
    """Prints a line per budget of the parts that ran; 1 when one is broken."""
    broken = 0
    for budget in json.loads(path.read_text(encoding="utf-8"))["budgets"]:
        if budget["metric"].split(".")[0] in parts:
            state, found = verdict(budget, results)
            broken += state == "BROKEN"
            print(f"{state:8} {budget['metric']}: {found}: {budget['meaning']}")
    print(f"bench: {broken} budgets broken", file=sys.stderr)
    return 1 if broken else 0


# ---- tables ---------------------------------------------------------------------------------------------------------

def number(value):
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(cell if isinstance(cell, str) else number(cell) for cell in row) + " |" for row in rows])


def machine_table(results):
    return table(("", ""), [(name.replace("_", " "), str(value)) for name, value in results["machine"].items() if name != "quick"])


def drain_table(results):
    rows = [(name, each["managed_records_per_second"] / 1e6, each["c_records_per_second"] / 1e6, each["ratio"], each["allocated_bytes_per_record"])
            for name, each in results["drain"].items()]
    return table(("128 B records", "Sluice, M records/s", "libbpf in C, M records/s", "ratio (median of rounds)", "bytes allocated per record"), rows)


def micro_table(results):
    rows = [(name, each["median_ns"], each["mean_ns"], each["error_ns"], each["allocated_bytes"], each["ratio"]) for name, each in results["micro"].items()]
    return table(("operation", "median ns", "mean ns", "± ns", "bytes allocated", "time, of Utf8JsonWriter's"), rows)


def rate_table(results):
    rows = []
    for name, each in results["rate"].items():
        rows.append((name.replace("_", " → ", 1).replace("_max", ", unpaced"), each["asked_rate"] or "as fast as read", each["reached_rate"], each["seconds"],
                     each["lost"], each["latency_p50_us"] / 1e3, each["latency_p99_us"] / 1e3, each["latency_p999_us"] / 1e3,
                     each["collector_cpu_us_per_event"], each["allocated_bytes_per_event"], each["peak_rss_mb"],
                     sum(each["disturbance"].values()), each["tries"]))
    return table(("transport → sink", "asked events/s", "reached", "seconds", "lost", "p50 ms", "p99 ms", "p99.9 ms", "CPU µs/event", "B allocated/event", "peak RSS MB", "CPU time of others %", "tries"), rows)


def tls_table(results):
    tls = results["tls"]
    names = {"untapped": "no tap", "c_tap": "C tap, a wake-up per record", "c_tap_adaptive": "C tap, wake-up when the consumer has caught up",
             "sluice": "sluice → null:", "sluice_perf": "sluice --transport perf → null:"}
    rows = []
    for key, name in names.items():
        each = tls[key]
        cpu, events = each.get("cpu_seconds"), each.get("events")
        rows.append((name, each["records_per_second"], cpu, cpu and cpu / events * 1e6, events, each.get("lost")))
    head = ("tap", "tapped program, records/s", "collector CPU s", "CPU µs/event", "events", "lost")
    ratios = [("tapped program: under sluice / under the C tap", tls["speed_ratio"], tls["adaptive_speed_ratio"], tls["perf_speed_ratio"]),
              ("collector CPU: sluice / C tap", tls["cpu_ratio"], tls["adaptive_cpu_ratio"], tls["perf_cpu_ratio"])]
    return table(head, rows) + "\n\n" + table(
        ("median of the rounds' ratios", "to the C tap with a wake-up per record", "to the C tap with adaptive wake-up", "--transport perf, to the first"), ratios)


KAFKA_SIDES = {
    "c_each": "C, rd_kafka_produce", "c_batch": "C, rd_kafka_produce_batch", "records_headers": "Sluice, a record per event", "records": "the same, headers=false",
    "otlp_proto": "Sluice, otlp_proto", "otlp_proto_host": "the same, key=host", "msgpack_batch": "Sluice, msgpack, batch=true", "json_batch": "Sluice, json, batch=true",
}


def kafka_table(results):
    rows = []
    for cluster, each in results["kafka"].items():
        if "skipped" in each:
            rows.append((cluster, f"skipped: {each['skipped']}", "", ""))
            continue
        for side, name in KAFKA_SIDES.items():
            rows.append((cluster, name, each[side]["records_per_second"], each[side]["cpu_us_per_record"]))
    ratios = [(cluster, each["ratio"], each["batch_ratio"], each["headers_ratio"]) for cluster, each in results["kafka"].items() if "skipped" not in each]
    return table(("cluster", "producer", "acknowledged events/s", "CPU µs/event"), rows) + "\n\n" + table(
        ("a record per event: median of the rounds' ratios", "the same records, to rd_kafka_produce", "the same, to rd_kafka_produce_batch", "with headers, to rd_kafka_produce"), ratios)


def spool_table(results):
    spool = results["spool"]
    rows = [(way, spool[f"{key}_megabytes_per_second"], spool[f"{key}_megabytes_per_second"] * spool["events"] / spool["megabytes"],
             spool[f"{key}_cpu_seconds"] / spool["events"] * 1e6, spool[f"{key}_allocated_bytes_per_event"]) for way, key in (("to disk", "write"), ("from disk", "read"))]
    return table(("256 B payloads", "MB/s", "events/s", "CPU µs/event", "B allocated/event"), rows)


def relay_table(results):
    rows = [(name, each["events_per_second"], each["records"], each["bytes_per_event"], each["cpu_seconds"] / each["events"] * 1e6, each["allocated_bytes_per_event"])
            for name, each in results["relay"].items()]
    return table(("topic", "events/s", "records", "bytes/event in the topic", "CPU µs/event", "bytes allocated/event"), rows)


def idle_table(results):
    idle = results["idle"]
    return table(("start to ready, s", "CPU, % of a core", "peak RSS, MB"), [(idle["ready_seconds"], idle["cpu_percent"], idle["peak_rss_mb"])])


def engine_table(results):
    rows = [(name, each["ready_seconds"], each["ready_seconds_max"], each["detach_ms"], each["detach_ms_max"])
            for name, each in ((name.replace("_", " "), results["engine"][name]) for name in ("tls", "tls_and_connections"))]
    return table(("modules", "start to ready, s", "longest", "detach, ms", "longest"), rows)


def otlp_table(results):
    rows = []
    for protocol, each in results["otlp"].items():
        for name, title in (("sluice", "Sluice"), ("sdk", "SDK, the same event"), ("sdk_bare", "SDK, a body without attributes")):
            side = each[name]
            rows.append((f"{protocol}: {title}", side["records_per_second"], side["cpu_us_per_record"], side["receiver_cpu_us_per_record"], side["bytes_per_record"],
                         side["lost"], each.get(f"{name}_ratio")))
    return table(("exporter", "records/s", "its CPU µs/record", "receiver's CPU µs/record", "bytes/record", "lost", "Sluice to it (median of rounds)"), rows)


TABLES = {
    "machine": machine_table,
    "drain": drain_table,
    "micro": micro_table,
    "rate": rate_table,
    "tls": tls_table,
    "kafka": kafka_table,
    "otlp": otlp_table,
    "relay": relay_table,
    "spool": spool_table,
    "idle": idle_table,
    "engine": engine_table,
}


def write_tables(path, results):
    """Replaces what stands between the markers <!-- bench:NAME --> and <!-- /bench -->."""
    text = path.read_text(encoding="utf-8")
    for name, render in TABLES.items():
        part = results[name]
        missing = part.get("failed") or part.get("skipped")
        content = f"Not measured: {missing}" if missing else render(results)
        pattern = re.compile(rf"(<!-- bench:{name} -->\n).*?(<!-- /bench -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"{path} has no markers for {name}")
        text = pattern.sub(lambda match: match[1] + content + "\n" + match[2], text)
    path.write_text(text, encoding="utf-8")
