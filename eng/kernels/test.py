#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the kernel suite (tests/Sluice.KernelSuite) on the kernels of kernels.tsv, in virtual machines, and on this host directly.

    eng/kernels/test.py [--kernel NAME]… [--quick] [--only TEXT]… [--xml FILE] [--write-docs] [--no-build | --last]

Prints what each step said as it ends, then one table of all. Reports stay in artifacts/kernels/*.jsonl. With --xml FILE a machine that cannot
run the guests makes skipped tests with the reason, instead of ending with exit code 3.

Exit code: 0 nothing failed; 1 something failed; 2 wrong usage; 3 something is missing on this machine.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ARTIFACTS = ROOT / "artifacts" / "kernels"
PAYLOAD = ARTIFACTS / "payload"
HOST = "host"
# NuGet has no .NET runtime for arm64 everywhere, so there only the bytecode is verified: by bpftool, in Debian's kernel of that architecture.
ARM64 = "6.1 arm64"
QUICK_KERNELS = ("5.10", "7.2")
# A whole run of one kernel takes some five minutes of a quiet machine with two processors, the short one two; a busy one takes three times as long.
TIME_LIMIT_S = {True: 600, False: 2400}
BUILD_TIME_LIMIT_S = 900


class Unfit(Exception):
    """This machine cannot run the suite; the message says why."""


class BuildFailed(Exception):
    """The suite or the collector could not be published."""


def main():
    options = parse()
    # A shell starts background jobs with SIGINT ignored, and so would be what they start; the suite ends captures as Ctrl-C does.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    if options.last:
        last = {kernel: read_results(kernel) for kernel in options.kernel}
        return conclude(options, {kernel: results for kernel, results in last.items() if results}, {}, {})
    try:
        if options.skip:
            raise Unfit(options.skip)
        check_machine(options.kernel)
        if not options.no_build:
            build()
    except Unfit as error:
        print(f"kernels: {error}", file=sys.stderr)
        if not options.xml:
            return 3
        report.write_xml(options.xml, {}, {kernel: str(error) for kernel in options.kernel})
        return 0
    except BuildFailed as error:
        return conclude(options, {"build": [report.broken_run(str(error))]}, {}, {})

    results, skipped, seconds = {}, {}, {}
    for kernel in options.kernel:
        started = time.monotonic()
        print(f"== kernel {kernel}", flush=True)
        try:
            results[kernel] = run(kernel, options)
        except Unfit as error:
            print(f"kernels: {kernel}: {error}", flush=True)
            skipped[kernel] = str(error)
        seconds[kernel] = time.monotonic() - started
    return conclude(options, results, skipped, seconds)


def parse():
    names = [line.split("\t")[0] for line in (HERE / "kernels.tsv").read_text().splitlines() if not line.startswith("#")]
    parser = argparse.ArgumentParser(prog="test.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", choices=[*names, ARM64, HOST], help="repeatable; default: all")
    parser.add_argument("--quick", action="store_true", help=f"the steps that tell most, on {' and '.join(QUICK_KERNELS)}")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="only steps whose name contains it")
    parser.add_argument("--xml", metavar="FILE", help="writes the results as eng/test_summary.py reads them")
    parser.add_argument("--write-docs", action="store_true", help="puts the table into docs/kernels.md")
    parser.add_argument("--last", action="store_true", help="runs nothing: reports what the last run of each kernel said")
    parser.add_argument("--skip", metavar="REASON", help="runs nothing, and says why")
    parser.add_argument("--no-build", action="store_true", help="takes the payload of the last run")
    options = parser.parse_args()
    options.kernel = options.kernel or (list(QUICK_KERNELS) if options.quick else [*names, ARM64, HOST])
    return options


def check_machine(kernels):
    if platform.machine() != "x86_64":
        raise Unfit(f"the suite's guests are x86-64, and this machine is {platform.machine()}")
    arm64 = ("qemu-system-aarch64",) if ARM64 in kernels else ()
    missing = [name for name in ("qemu-system-x86_64", *arm64, "busybox", "openssl") if not shutil.which(name)]
    if missing:
        raise Unfit(f"{', '.join(missing)} missing; `eng/setup.sh kernels` installs it")


def build():
    """Publishes the collector and the suite with their runtime into one folder: a guest has no .NET."""
    shutil.rmtree(PAYLOAD, ignore_errors=True)
    for project in ("src/Collector/Sluice.Collector", "tests/Sluice.KernelSuite"):
        command = ["dotnet", "publish", project, "-c", "Release", "-r", "linux-x64", "--self-contained", "--nologo", "-v", "quiet",
                   "-clp:NoSummary", "-o", str(PAYLOAD)]
        published = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, timeout=BUILD_TIME_LIMIT_S, check=False)
        if published.returncode != 0:
            raise BuildFailed(f"dotnet publish {project} failed (exit code {published.returncode})")
    shutil.copytree(ROOT / "artifacts" / "bpf" / "x86", PAYLOAD / "bpf")


def results_file(kernel):
    return ARTIFACTS / f"{kernel.replace(' ', '-')}.jsonl"


def read_results(kernel):
    path = results_file(kernel)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def step_of(result):
    return result["area"], result["variant"], result["subject"]


def run_arm64():
    """Has an arm64 kernel verify every program of the arm64 objects."""
    folder = ROOT / "artifacts" / "bpf" / "arm64"
    compiled = subprocess.run(["make", "--no-print-directory", "-C", "bpf", "ARCH=arm64"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    if compiled.returncode != 0:
        return [report.broken_run("make bpf ARCH=arm64 failed; what was printed above says why")]
    root = subprocess.run([HERE / "foreign_root.sh", "arm64"], stdout=subprocess.PIPE, text=True, check=False)
    if root.returncode != 0:
        raise Unfit("the arm64 packages could not be fetched; what was printed above says why")
    command = [HERE / "boot.py", "6.1", "--arch", "arm64", "--root", root.stdout.strip(), "--payload", folder, "--payload", HERE / "in-guest",
               "--output", ARTIFACTS / "guest", "--time-limit", str(TIME_LIMIT_S[True]), "--", "sh", "verify_objects.sh"]
    ended = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, check=False)
    lines = ARTIFACTS / "guest" / "report.tsv"
    results = [report.verified_object(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    lines.unlink(missing_ok=True)
    if ended.returncode != 0 or len(results) != len(list(folder.glob("*.o"))):
        results.append(report.broken_run(f"the arm64 guest ended with exit code {ended.returncode} after {len(results)} objects"))
    results_file(ARM64).write_text("".join(json.dumps(result) + "\n" for result in results))
    return results


def fetch(kernel):
    """Has the kernel in the cache before it is booted, so that the reason of a failure is at hand."""
    fetched = subprocess.run([HERE / "fetch.sh", kernel], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    print(fetched.stderr, end="", file=sys.stderr, flush=True)
    if fetched.returncode != 0:
        raise Unfit(fetched.stderr.strip().splitlines()[-1].removeprefix("kernels: ") if fetched.stderr.strip() else f"fetch.sh ended with exit code {fetched.returncode}")


def relay(command, lines):
    """Runs the suite, shows what it prints for people and keeps its results as they come: a guest that dies still leaves those."""
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace") as suite, \
            open(lines, "w", encoding="utf-8") as kept:
        for line in suite.stdout:
            if line.startswith('{"kernel":'):
                kept.write(line)
                kept.flush()
            else:
                print(line, end="", flush=True)
    return suite.returncode


def run(kernel, options):
    if kernel == ARM64:
        return run_arm64()
    if kernel != HOST:
        fetch(kernel)
    # Single steps take the places of what they gave before; a whole run begins anew.
    before = read_results(kernel) if options.only or options.quick else []
    results_file(kernel).unlink(missing_ok=True)
    arguments = [argument for text in options.only for argument in ("--only", text)] + (["--quick"] if options.quick else [])
    if kernel == HOST:
        if os.geteuid() != 0:
            raise Unfit("needs root: loads BPF programs")
        # Tracefs is mounted in the suite's own mount namespace where the host has none.
        command = ["unshare", "-m", "sh", "-c", 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec "$0" "$@"',
                   PAYLOAD / "Sluice.KernelSuite", "--report", "-", *arguments]
    else:
        command = [HERE / "boot.py", kernel, "--payload", PAYLOAD, "--console", ARTIFACTS / f"{kernel}.console",
                   "--time-limit", str(TIME_LIMIT_S[options.quick]),
                   # Methods are run too seldom there for a profile to pay.
                   "--", "env", "DOTNET_TieredPGO=0", "./Sluice.KernelSuite", "--guest", "--report", "-", *arguments]
    returncode = relay(command, results_file(kernel))
    results = read_results(kernel)
    ran = {step_of(result) for result in results}
    with open(results_file(kernel), "a", encoding="utf-8") as kept:
        kept.writelines(json.dumps(result) + "\n" for result in before if step_of(result) not in ran)
    if returncode == 3 and not results:
        raise Unfit("the guest could not be started; what was printed above says why")
    if returncode not in (0, 1) or not results:
        results.append(report.broken_run(f"the suite ended with exit code {returncode}; what was printed above says why"))
    return results


def conclude(options, results, skipped, seconds):
    failed = [(kernel, result) for kernel, all_of in results.items() for result in all_of if result["result"] == report.FAIL]
    print("\n" + report.table(results), flush=True)
    for kernel, result in failed:
        print(f"FAILED on {kernel}: {result['area']} {result['variant']} {result['subject']}: {result['detail']}")
    for kernel, reason in skipped.items():
        print(f"skipped: {kernel}: {reason}")
    print(", ".join(f"{kernel}: {seconds[kernel]:.0f} s" for kernel in seconds))
    if options.xml:
        report.write_xml(options.xml, results, skipped)
    if options.write_docs:
        report.write_docs(ROOT / "docs" / "kernels.md", results)
    return 1 if failed or not (results or skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
