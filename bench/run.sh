#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs every bench, writes artifacts/bench/results.json, fills in the tables of docs/performance.md and checks the
# budgets of bench/budgets.json. Exit code 1: a budget is broken or a bench failed.
#
#   bench/run.sh               everything, about ten minutes
#   BENCH_QUICK=1 bench/run.sh shorter loads, under three minutes; leaves docs/performance.md alone
#   bench/run.sh tls kafka     only these parts: drain micro rate tls kafka otlp relay spool idle engine
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if [ "$(id -u)" -ne 0 ]; then
    echo "bench: loading BPF programs needs root; run it again with sudo." >&2
    exit 3
fi
if [ ! -x artifacts/sluice ]; then
    echo "bench: artifacts/sluice is missing; run 'make build' first." >&2
    exit 3
fi

make -s -C bpf
make -s -C bench/native
for project in Sluice.Throughput Sluice.Benchmarks Sluice.SdkExport; do
    dotnet build "bench/$project" -c Release -v quiet --nologo </dev/null
done
exec python3 bench/measure.py "$@"
