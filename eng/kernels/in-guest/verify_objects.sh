#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# In a guest that has bpftool and busybox: loads every program of every object beside this script. /output/report.tsv gets a line for each.
mkdir -p /output
for object in *.o; do
	pins=/sys/fs/bpf/${object%.o}
	started=$(cut -d' ' -f1 /proc/uptime)
	said=
	if ! bpftool prog loadall "$object" "$pins" >/tmp/said 2>&1; then
		# The verifier's last words stand before libbpf's.
		said=$(grep -v '^Warning: bpftool' /tmp/said | tail -n 12 | tr '\t\n' '  ')
	fi
	seconds=$(cut -d' ' -f1 /proc/uptime | awk -v started="$started" '{ printf "%.1f", $1 - started }')
	programs=$(ls "$pins" 2>/dev/null | wc -l)
	echo "$object: ${said:-$programs programs verified}"
	printf '%s\t%s\t%s\t%s\t%s\n' "$(uname -r)" "$object" "$programs" "$seconds" "$said" >>/output/report.tsv
done
