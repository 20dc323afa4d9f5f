# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced: package files of other Debian suites and architectures, from the mirror and with the settings that this
# machine's apt has, without touching its package lists.

kernel_cache=${SLUICE_KERNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/kernels}

# The repository that this machine takes Debian itself from. Machines whose lists were removed know no label.
debian_mirror() {
	apt-get indextargets --format '$(LABEL)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -F'|' '$1 == "Debian" || ($1 !~ /./ && $2 !~ /-/ && $3 ~ /\/debian\/?$/) { print $3; exit }'
}

# private_apt SUITE ARCH: sets the array apt_options and reads the suite's package lists when that was not done yet.
private_apt() {
	local suite=$1 arch=$2 mirror home keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
	home=$kernel_cache/apt/$suite-$arch
	if ! command -v apt-get >/dev/null; then
		echo "kernels: this is no Debian (no apt-get); the kernels to test with come from Debian's packages." >&2
		return 3
	fi
	mirror=$(debian_mirror)
	if [ -z "$mirror" ]; then
		echo "kernels: no Debian repository among this machine's apt sources (apt-get indextargets names none)." >&2
		return 3
	fi
	[ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
	mkdir -p "$home/lists/partial" "$home/archives/partial"
	echo "deb $signed$mirror $suite main" >"$home/sources.list"
	apt_options=(
		-o "Dir::State::Lists=$home/lists" -o Dir::State::status=/dev/null -o "Dir::Cache=$home"
		-o "Dir::Etc::SourceList=$home/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
		# The cache may lie where apt's own user cannot go.
		-o APT::Sandbox::User=root
		# Neither translations nor descriptions for software centres.
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
	)
	[ ! -e "$home/.updated" ] || return 0
	update_private_apt "$home"
}

update_private_apt() {
	echo "kernels: reading the package lists (${1##*/})" >&2
	if ! apt-get "${apt_options[@]}" -qq update >"$1/update.log" 2>&1; then
		tail -n 5 "$1/update.log" >&2
		echo "kernels: apt-get update failed for ${1##*/}; the whole log is $1/update.log" >&2
		return 1
	fi
	touch "$1/.updated"
}

# unpack_packages DIR PACKAGE…: after private_apt. A list that has grown old names files that are gone: then it is read again, once.
unpack_packages() {
	local target=$1 home download package
	shift
	home=$(dirname "$(printf '%s\n' "${apt_options[@]}" | sed -n 's/^Dir::State::Lists=//p')")
	download=$(mktemp -d "$kernel_cache/download.XXXXXX")
	if ! (cd "$download" && apt-get "${apt_options[@]}" -q download "$@") >"$home/download.log" 2>&1 &&
		! { update_private_apt "$home" && (cd "$download" && apt-get "${apt_options[@]}" -q download "$@") >"$home/download.log" 2>&1; }; then
		tail -n 5 "$home/download.log" >&2
		echo "kernels: apt-get download $* failed; the whole log is $home/download.log" >&2
		rm -rf "$download"
		return 1
	fi
	for package in "$download"/*.deb; do
		dpkg-deb -x "$package" "$target"
	done
	rm -rf "$download"
}
