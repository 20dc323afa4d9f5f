#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# eng/kernels/foreign_root.sh ARCH: a small Debian of another architecture, with busybox and bpftool, for boot.py --root. Nothing of it runs
# here, and the host's apt and dpkg do not learn of the architecture. Prints its folder; kept in the cache of fetch.sh.
#
# Exit codes: 0 ready; 1 fetching failed; 3 this machine has no apt or no Debian repository.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=apt.sh
. "$here/apt.sh"

arch=${1:?usage: foreign_root.sh ARCH}
suite=bookworm
root=$kernel_cache/$arch/root
mkdir -p "$kernel_cache/$arch"
exec 9>"$kernel_cache/.lock"
flock 9
if [ ! -e "$root/.complete" ]; then
	private_apt "$suite" "$arch"
	# A simulated installation on an empty machine names everything that the two need.
	mapfile -t packages < <(apt-get "${apt_options[@]}" -s install --no-install-recommends busybox-static bpftool | awk '/^Inst / { print $2 }')
	echo "kernels: fetching ${#packages[@]} packages for $arch" >&2
	tree=$(mktemp -d "$kernel_cache/unpack.XXXXXX")
	trap 'rm -rf "$tree"' EXIT
	unpack_packages "$tree" "${packages[@]}"
	rm -rf "$tree/usr/share"
	# Where /bin, /lib and their like are folders of their own, they become links into /usr, as on an installed Debian.
	for name in bin sbin lib; do
		mkdir -p "$tree/usr/$name"
		if [ -d "$tree/$name" ] && [ ! -L "$tree/$name" ]; then
			cp -a "$tree/$name/." "$tree/usr/$name/"
			rm -rf "${tree:?}/$name"
		fi
		ln -sfn "usr/$name" "$tree/$name"
	done
	ln -sfn busybox "$tree/usr/bin/sh"
	touch "$tree/.complete"
	rm -rf "$root"
	mv "$tree" "$root"
fi
echo "$root"
