#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# eng/setup.sh [build|demo|test|bench|kernels|librdkafka|all]...
#
# Checks for the tools that the named purposes need (default: all). As root on Debian it installs what is missing;
# elsewhere it prints what to run. Nothing is asked on the terminal, and nothing is fetched when nothing is missing.
#
# Exit codes: 0 all there; 1 the installation failed; 3 something is missing and this script must not install it.
set -euo pipefail

missing=()          # Debian packages
reasons=()          # one line for each of them

need() {            # need PACKAGE WHY CHECK…
	local package=$1 why=$2
	shift 2
	if ! "$@" >/dev/null 2>&1; then
		missing+=("$package")
		reasons+=("  $package: $why")
	fi
}

has_command() { command -v "$1"; }
has_file() { [ -e "$1" ]; }
# The loader's cache, not a path: the directory differs between architectures and distributions. Not grep -q: it stops
# reading at its first find, and ldconfig, killed by the closed pipe, would make the library look missing (pipefail).
has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -F "$1"; }
# Debian's own interpreter has Debian's modules; one that stands earlier in PATH (pyenv) has not.
has_python_module() { [ -d "/usr/lib/python3/dist-packages/$1" ] || /usr/bin/python3 -c "import $1"; }

# uprobe cookies and the attach options that Sluice.Bpf uses need libbpf 1.1.
has_libbpf_headers() {
	local header=/usr/include/bpf/libbpf_version.h major minor
	[ -f "$header" ] || return 1
	major=$(sed -n 's/^#define LIBBPF_MAJOR_VERSION //p' "$header")
	minor=$(sed -n 's/^#define LIBBPF_MINOR_VERSION //p' "$header")
	[ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge 1 ]; }
}

# The services of the tests run on Java 17 or newer.
has_java() {
	local major
	major=$(java -version 2>&1 | sed -n '1s/[^"]*"\([0-9]*\).*/\1/p')
	[ -n "$major" ] && [ "$major" -ge 17 ]
}

# Unpacked from an archive, the SDK brings no packages with it, and these it cannot do without.
need_sdk_libraries() {
	case ${DOTNET_SYSTEM_GLOBALIZATION_INVARIANT:-} in
		1 | [Tt][Rr][Uu][Ee]) ;;
		*) need "$(icu_package)" "the .NET SDK does not start without it" has_library libicuuc.so. ;;
	esac
	need libssl3 "NuGet talks HTTPS with it" has_library libssl.so.
	need ca-certificates "lets NuGet check whom it talks to" has_file /etc/ssl/certs/ca-certificates.crt
}

# The name has the version in it, which is a different one in every release.
icu_package() {
	case $(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}") in
		bookworm) echo libicu72 ;;
		trixie) echo libicu76 ;;
		*) echo libicu-dev ;;
	esac
}

need_build() {
	need_sdk_libraries
	need make "runs the Makefile" has_command make
	need clang "compiles the BPF programs" has_command clang
	need llvm "llvm-strip takes the debug sections out of the BPF objects" has_command llvm-strip
	need libbpf-dev "BPF headers, libbpf 1.1 or newer" has_libbpf_headers
	need libbpf1 "loads the BPF programs at run time (libbpf.so.1)" has_library "libbpf.so.1 "
	need libelf-dev "used by libbpf" has_file /usr/include/libelf.h
	need zlib1g-dev "used by libbpf" has_file /usr/include/zlib.h
	need linux-libc-dev "kernel interface headers" has_file /usr/include/linux/bpf.h
}

need_demo() {
	need curl "talks TLS in the demo and the tests" has_command curl
	need openssl "makes certificates and talks TLS in the demo and the tests" has_command openssl
	need python3 "talks TLS in the demo and the tests" has_command python3
}

need_test() {
	need_demo
	need gcc "checks the C# structures against the C headers; builds test programs" has_command gcc
	need libc6-dev "builds test programs" has_file /usr/include/stdio.h
	need libssl-dev "builds test programs" has_file /usr/include/openssl/ssl.h
	need python3 "Debian's own Python, for its modules" has_file /usr/bin/python3
	need python3-msgpack "reads our MessagePack back" has_python_module msgpack
	need python3-yaml "reads the files in docker/" has_python_module yaml
	need python3-prometheus-client "reads our metrics back" has_python_module prometheus_client
	need kcat "reads our Kafka records back" has_command kcat
	need netcat-openbsd "opens plain TCP connections" has_command nc
	need nginx "a server to capture" has_nginx
	need nodejs "a program to capture whose sockets OpenSSL never sees" has_command node
	need bpftool "shows that a killed sluice leaves nothing in the kernel" has_bpftool
	need nghttp2-client "speaks HTTP/2" has_command nghttp
	need default-jre-headless "runs the real Kafka broker, Java 17 or newer" has_java
}

# Debian keeps them in sbin, which is not in everyone's PATH.
has_nginx() { has_command nginx || has_file /usr/sbin/nginx; }
has_bpftool() { has_command bpftool || has_file /usr/sbin/bpftool; }

need_bench() {
	need_demo
	need gcc "builds the C programs that are compared with" has_command gcc
	need libssl-dev "builds the TLS load program" has_file /usr/include/openssl/ssl.h
}

# What eng/kernels boots Debian's kernels with, and what the guests find in themselves.
need_kernels() {
	need qemu-system-x86 "runs other kernels" has_command qemu-system-x86_64
	need qemu-system-arm "runs arm64 kernels" has_command qemu-system-aarch64
	need busybox-static "is the user space of a guest" has_static_busybox
	need kmod "orders the kernel modules of a guest" has_depmod
	need bpftool "loads BPF objects in a guest" has_bpftool
	need netcat-openbsd "makes connections in a guest" has_command nc.openbsd
	need debian-archive-keyring "checks the signatures of Debian's suites" has_file /usr/share/keyrings/debian-archive-keyring.gpg
	need_demo
}

has_static_busybox() { has_command busybox && ! ldd "$(command -v busybox)"; }
# Debian keeps both in sbin, which is not in everyone's PATH.
has_depmod() { has_command depmod || has_file /usr/sbin/depmod || has_file /sbin/depmod; }
has_bpftool() { has_command bpftool || has_file /usr/sbin/bpftool; }

need_librdkafka() {
	need build-essential "builds librdkafka" has_command g++
	need make "builds librdkafka" has_command make
	need pkg-config "builds librdkafka" has_command pkg-config
	need libssl-dev "TLS and SASL SCRAM of librdkafka" has_file /usr/include/openssl/ssl.h
	need libzstd-dev "zstd compression of librdkafka" has_file /usr/include/zstd.h
	need liblz4-dev "lz4 compression of librdkafka" has_file /usr/include/lz4.h
	need zlib1g-dev "gzip compression of librdkafka" has_file /usr/include/zlib.h
	need npm "fetches the sources of librdkafka" has_command npm
	need ca-certificates "lets npm check whom it talks to" has_file /etc/ssl/certs/ca-certificates.crt
}

require_dotnet() {
	local wanted=10
	if ! command -v dotnet >/dev/null; then
		echo "setup: the .NET $wanted SDK is missing (no 'dotnet' in PATH). Install it first; Debian does not have it," >&2
		echo "       Microsoft's documentation \"Install .NET on Linux\" says how." >&2
		exit 3
	fi
	# Looks at the folders instead of `dotnet --list-sdks`, which takes longer than all other checks together.
	local home
	home=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
	if ! compgen -G "$home/sdk/$wanted.*" >/dev/null && ! dotnet --list-sdks | grep -q "^$wanted\."; then
		echo "setup: 'dotnet' has no SDK of version $wanted; it has: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')" >&2
		exit 3
	fi
}

# Whether librdkafka has to be built is known only once the package feed can be asked, for which the SDK must run. So that
# one round is enough, what that would need is told with the rest.
tell_librdkafka() {
	local root
	root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
	[[ " $* " != *" librdkafka "* ]] || return 0
	! compgen -G "$root/eng/feed/librdkafka.redist.*.nupkg" >/dev/null || return 0
	[ ! -e "$root/artifacts/librdkafka/librdkafka.so" ] || return 0
	missing=()
	need_librdkafka
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "setup: and these too, unless the package feed of this machine has librdkafka.redist:" >&2
	echo "  apt-get install -y --no-install-recommends ${missing[*]}" >&2
}

require_dotnet
[ $# -gt 0 ] || set -- all
for purpose in "$@"; do
	case $purpose in
		build) need_build ;;
		demo) need_build; need_demo ;;
		test) need_build; need_test ;;
		bench) need_build; need_bench ;;
		kernels) need_build; need_kernels ;;
		librdkafka) need_librdkafka ;;
		# librdkafka is not part of it: eng/librdkafka.sh asks for that when the feed lacks the package.
		all) need_build; need_test; need_bench; need_kernels ;;
		*) echo "setup: unknown purpose '$purpose' (build, demo, test, bench, kernels, librdkafka, all)" >&2; exit 2 ;;
	esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
echo "setup: missing:" >&2
printf '%s\n' "${reasons[@]}" | sort -u >&2
if ! command -v apt-get >/dev/null; then
	echo "setup: this is no Debian; install the above (Debian's names) with the package tool of this system." >&2
	exit 3
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "setup: run as root, then try again:" >&2
	echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
	tell_librdkafka "$@"
	exit 3
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp "${TMPDIR:-/tmp}/sluice-setup.XXXXXX")
echo "setup: installing ${missing[*]}" >&2
# A package that starts a service (nginx) shall not: the tests start their own.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 0755 "$policy"
	made_policy=1
fi
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT
# An index that cannot be refreshed may still do; the installation decides. Another apt-get is waited for, two minutes at most.
if ! {
	apt-get update || true
	apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	echo "setup: apt-get failed; the whole log is $log" >&2
	exit 1
fi
rm -f "$log"
