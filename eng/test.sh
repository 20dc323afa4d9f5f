#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# eng/test.sh [CONFIGURATION]: runs every built tests/*.Tests project, then the short form of the kernel suite on
# the oldest and the newest kernel (eng/kernels/test.py --quick; not with SLUICE_TEST_KERNELS=none), and ends with the line
# `N passed, N failed`. Exit code 0 only when something ran and nothing failed.
#
# The projects of xunit.v3 are executables of their own; running them directly needs no test host and shows their
# output as it comes. They write their results to artifacts/tests/*.xml, which eng/test_summary.py adds up.
set -uo pipefail

configuration=${1:-Release}
# Far beyond what any project needs: a hanging test shall fail the run, not block it.
timeout_s=${SLUICE_TEST_TIMEOUT_S:-1200}

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
results=artifacts/tests
rm -rf "$results"
mkdir -p "$results"

# They wait more than they work (for brokers that die and come back, for time-outs): side by side, because one after the other they take ten minutes.
# None of them loads BPF.
waiting=(Sluice.Sinks.Kafka.Tests Sluice.Sinks.Otlp.Tests Sluice.Sources.Kafka.Tests Sluice.Spool.Tests)

# The others one at a time, because the kernel's probes see every process of the host; the whole programs come last, so that a broken part is
# reported by its own tests first.
mapfile -t projects < <(for d in tests/*.Tests; do basename "$d"; done | grep -v '^Sluice\.Integration\.' | grep -vxFf <(printf '%s\n' "${waiting[@]}"))

run_project() {
	local project=$1 code
	local program=tests/$project/bin/$configuration/net10.0/$project
	echo "== $project"
	if [ ! -x "$program" ]; then
		echo "not built" >"$results/$project.error"
		return
	fi
	timeout --foreground --kill-after=20 "$timeout_s" \
		"$program" -noLogo -noColor -xml "$results/$project.xml" </dev/null
	code=$?
	case $code in
		0 | 1) ;;       # 1: tests failed, the results say which
		124 | 137) echo "stopped after $timeout_s s (SLUICE_TEST_TIMEOUT_S)" >"$results/$project.error" ;;
		*) echo "ended with exit code $code" >"$results/$project.error" ;;
	esac
	[ -s "$results/$project.xml" ] || [ -e "$results/$project.error" ] ||
		echo "ended with exit code $code and left no results" >"$results/$project.error"
}

for project in "${projects[@]}"; do
	run_project "$project"
done
for project in "${waiting[@]}"; do
	[ ! -d "tests/$project" ] || run_project "$project" >"$results/$project.log" 2>&1 &
done
wait
cat "$results"/*.log 2>/dev/null
[ ! -d tests/Sluice.Integration.Tests ] || run_project Sluice.Integration.Tests

# Other kernels, in virtual machines: the steps that tell most. What is missing for it skips it, with the reason.
case ${SLUICE_TEST_KERNELS:-quick} in
	none) set -- --skip "SLUICE_TEST_KERNELS is none" ;;
	*) set -- ;;
esac
echo "== kernels"
timeout --foreground --kill-after=20 "$timeout_s" eng/kernels/test.py --quick "$@" --xml "$results/kernels.xml" </dev/null
code=$?
[ -s "$results/kernels.xml" ] || echo "ended with exit code $code and left no results" >"$results/kernels.error"

exec python3 eng/test_summary.py "$results"
