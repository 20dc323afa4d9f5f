#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# eng/kernels/fetch.sh KERNEL [amd64|arm64]: makes Debian's cloud kernel of that version (kernels.tsv) ready to boot and
# prints its folder: vmlinuz, config, release (the version text), modules/ (with modules.dep). Kept in
# ${SLUICE_KERNEL_CACHE:-${XDG_CACHE_HOME:-~/.cache}/sluice/kernels}; what is there is not fetched again.
#
# Exit codes: 0 ready; 1 fetching failed; 2 unknown kernel; 3 this machine has no apt or no Debian repository.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=apt.sh
. "$here/apt.sh"

kernel=${1:?usage: fetch.sh KERNEL [amd64|arm64]}
arch=${2:-amd64}
suite=$(awk -F'\t' -v kernel="$kernel" -v arch="$arch" '$1 == kernel && index("," $3 ",", "," arch ",") { print $2 }' "$here/kernels.tsv")
if [ -z "$suite" ]; then
	echo "kernels: '$kernel' for $arch is not in eng/kernels/kernels.tsv; it has: $(grep -v '^#' "$here/kernels.tsv" | cut -f1 | paste -sd' ')" >&2
	exit 2
fi

ready=$kernel_cache/$arch/$kernel
mkdir -p "$kernel_cache/$arch"
# Two that want the same kernel at once: the second waits and finds it.
exec 9>"$kernel_cache/.lock"
flock 9
if [ ! -e "$ready/release" ]; then
	private_apt "$suite" "$arch"
	dependencies() { apt-cache "${apt_options[@]}" depends "$1" | awk '/^ *Depends:/ { print $2 }'; }
	image=$(dependencies "linux-image-cloud-$arch" | grep '^linux-image-' | head -n 1)
	# Newer packages have the kernel and its modules in packages of their own.
	mapfile -t packages < <(echo "$image"; dependencies "$image" | grep -E '^linux-(base|binary|modules)-[0-9]' || true)
	echo "kernels: fetching ${packages[*]}" >&2
	tree=$(mktemp -d "$kernel_cache/unpack.XXXXXX")
	trap 'rm -rf "$tree"' EXIT
	unpack_packages "$tree" "${packages[@]}"

	modules=$(find "$tree" -path '*lib/modules/*' -prune -type d -print | head -n 1)
	release=${modules##*/}
	mkdir -p "$tree/ready/base/lib/modules"
	cp "$(find "$tree" -name 'vmlinuz*' -type f | head -n 1)" "$tree/ready/vmlinuz"
	cp "$(find "$tree" \( -path '*/boot/config-*' -o -path '*/modules/*/config' \) -type f | head -n 1)" "$tree/ready/config"
	mv "$modules" "$tree/ready/base/lib/modules/$release"
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$tree/ready/base" "$release"
	mv "$tree/ready/base/lib/modules/$release" "$tree/ready/modules"
	rm -rf "$tree/ready/base"
	echo "$release" >"$tree/ready/release"
	rm -rf "$ready"
	mv "$tree/ready" "$ready"
fi
echo "$ready"
