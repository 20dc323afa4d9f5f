#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes sure that `librdkafka.redist` of the version that Confluent.Kafka asks for can be restored, and leaves the
# native library with its C header in artifacts/librdkafka/ for the C programs of bench/.
#
# The package feed is asked first. Where it lacks that version the library is built from the sources inside npm's
# @confluentinc/kafka-javascript (which carries librdkafka of the same version) and packed, once, into eng/feed/.
#
# Exit codes: 0 done; 1 the build or the download failed; 3 a tool is missing (eng/setup.sh says which).
set -euo pipefail
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

version=2.15.1
header_version=0x020f01ff                       # RD_KAFKA_VERSION of that release, in src/rdkafka.h
npm_package=@confluentinc/kafka-javascript
npm_version=1.10.1
npm_sha512=29578f5019f6d44a8254ff667f1cc4b8cdd26091c7105ed7fa2882d9ee374108034b211a92c2279821a8a13df0e6af9c340764482acaef58f42027eaa12a992f

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/artifacts/librdkafka
package=$root/eng/feed/librdkafka.redist.$version.nupkg
stamp=$out/restored-$version-2               # counts what expose() does, so that an older tree is brought up to date

case $(uname -m) in
	x86_64) rid=linux-x64 ;;
	aarch64) rid=linux-arm64 ;;
	*) echo "librdkafka.sh: no .NET runtime identifier is known for $(uname -m); add it here." >&2; exit 1 ;;
esac

say() { echo "librdkafka: $*"; }
fail() { echo "librdkafka: $*" >&2; exit 1; }

# Restores exactly this version, from whichever source has it, into a folder of its own: a plain reference would let
# NuGet take the next higher version that the feed happens to have.
restore() {
	local probe=$out/probe
	mkdir -p "$probe"
	cat >"$probe/probe.csproj" <<-EOF
		<Project Sdk="Microsoft.NET.Sdk">
		  <PropertyGroup>
		    <TargetFramework>net10.0</TargetFramework>
		    <RestorePackagesPath>$out/packages</RestorePackagesPath>
		    <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
		  </PropertyGroup>
		  <ItemGroup>
		    <PackageDownload Include="librdkafka.redist" Version="[$version]" />
		  </ItemGroup>
		</Project>
	EOF
	dotnet restore "$probe/probe.csproj" -v minimal --nologo >"$probe/restore.log" 2>&1 </dev/null
}

# The package's builds in the order in which the sink tries them (LibRdKafka.Loading.cs): the first one whose own libraries this machine has.
find_build() {
	local native=$1 build
	for build in librdkafka centos8-librdkafka alpine-librdkafka; do
		if [ -f "$native/$build.so" ] && ! ldd "$native/$build.so" 2>&1 | grep -q 'not found'; then
			echo "$native/$build.so"
			return
		fi
	done
}

# Copies library and header out of the restored package to where C programs are told to look.
expose() {
	local unpacked=$out/packages/librdkafka.redist/$version
	local native=$unpacked/runtimes/$rid/native library
	local header=$unpacked/build/native/include/librdkafka/rdkafka.h
	[ -d "$native" ] || fail "$native is not in the package; it was made for another architecture. Remove $package and try again."
	library=$(find_build "$native")
	[ -n "$library" ] || fail "none of the builds in $native finds all its libraries here; ldd says which are missing."
	[ -f "$header" ] || fail "$header is not in the package."
	install -D -m 0644 "$header" "$out/include/librdkafka/rdkafka.h"
	install -m 0755 "$library" "$out/librdkafka.so"
	# The name that the linker writes into programs (DT_SONAME).
	ln -sf librdkafka.so "$out/librdkafka.so.1"
	rm -rf "$out/packages"
	if [ -f "$package" ]; then echo local; else echo feed; fi >"$stamp"
}

fetch_sources() {
	local into=$1 tarball
	say "fetching $npm_package $npm_version for its librdkafka sources"
	(cd "$into" && npm pack --silent "$npm_package@$npm_version" >/dev/null </dev/null) ||
		fail "npm pack $npm_package@$npm_version failed; check npm's registry and proxy settings (npm config list)."
	tarball=$(echo "$into"/*.tgz)
	echo "$npm_sha512  $tarball" | sha512sum --check --status ||
		fail "$npm_package $npm_version is not the archive this script was written for (SHA-512 differs); not building from it."
	tar -xzf "$tarball" -C "$into" package/deps/librdkafka
}

build() {
	local source=$1 log=$2
	grep -q "define RD_KAFKA_VERSION $header_version" "$source/src/rdkafka.h" ||
		fail "$npm_package $npm_version does not hold librdkafka $version."
	say "building librdkafka $version (a minute or two; log: $log)"
	# Without curl there is no OIDC, without GSSAPI no Kerberos; both would tie the package to more libraries of the
	# machine it was built on. TLS, SASL PLAIN/SCRAM/OAUTHBEARER, gzip, snappy, lz4 and zstd stay.
	(cd "$source" && ./configure --disable-curl --disable-gssapi && make -C src -j"$(nproc)") >"$log" 2>&1 </dev/null ||
		{ tail -n 30 "$log" >&2; fail "the build failed; the whole log is $log"; }
	for feature in SSL ZLIB ZSTD LZ4_EXT SASL_SCRAM; do
		grep -Eq "BUILT_WITH.* $feature( |\$)" "$log" || fail "librdkafka was configured without $feature; see $log"
	done
	strip --strip-unneeded -o "$source/librdkafka.so" "$source/src/librdkafka.so.1"
}

# `dotnet pack` writes the package, so that no zip tool is needed. The layout is that of the published package: the
# host finds runtimes/<rid>/native/ by itself.
pack() {
	local source=$1 work=$2
	mkdir -p "$work/pack"
	cat >"$work/pack/redist.csproj" <<-EOF
		<Project Sdk="Microsoft.NET.Sdk">
		  <PropertyGroup>
		    <TargetFramework>net10.0</TargetFramework>
		    <PackageId>librdkafka.redist</PackageId>
		    <Version>$version</Version>
		    <Authors>The librdkafka authors</Authors>
		    <Description>librdkafka $version for $rid, built by eng/librdkafka.sh.</Description>
		    <PackageLicenseFile>LICENSES.txt</PackageLicenseFile>
		    <IncludeBuildOutput>false</IncludeBuildOutput>
		    <SuppressDependenciesWhenPacking>true</SuppressDependenciesWhenPacking>
		    <NoWarn>\$(NoWarn);NU5128;NU5100</NoWarn>
		  </PropertyGroup>
		  <ItemGroup>
		    <None Include="$source/librdkafka.so" Pack="true" PackagePath="runtimes/$rid/native/librdkafka.so" />
		    <None Include="$source/src/rdkafka.h" Pack="true" PackagePath="build/native/include/librdkafka/rdkafka.h" />
		    <None Include="$source/LICENSE*" Pack="true" PackagePath="" />
		  </ItemGroup>
		</Project>
	EOF
	dotnet pack "$work/pack/redist.csproj" -c Release -o "$work/packed" --nologo -v quiet </dev/null ||
		fail "dotnet pack failed for $work/pack/redist.csproj"
	mkdir -p "$(dirname "$package")"
	# Rename within one folder: a build that runs at the same time never sees half a package.
	cp "$work/packed/librdkafka.redist.$version.nupkg" "$package.part"
	mv "$package.part" "$package"
}

build_package() {
	"$root/eng/setup.sh" librdkafka
	work=$(mktemp -d "${TMPDIR:-/tmp}/sluice-librdkafka.XXXXXX")
	mkdir -p "$out"
	fetch_sources "$work"
	build "$work/package/deps/librdkafka" "$out/build.log"
	pack "$work/package/deps/librdkafka" "$work"
	say "packed ${package#"$root"/}"
}

if [ -f "$stamp" ] && [ -f "$out/librdkafka.so" ] && { [ -f "$package" ] || grep -q feed "$stamp"; }; then
	exit 0
fi
mkdir -p "$out"
exec 9>"$out/lock"
flock 9
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
if ! restore; then
	grep -Eq 'NU1101|NU1102' "$out/probe/restore.log" || say "the package feed did not answer as expected ($out/probe/restore.log)"
	[ ! -f "$package" ] || fail "$package cannot be restored; see $out/probe/restore.log"
	build_package
	restore || { cat "$out/probe/restore.log" >&2; fail "the package just built cannot be restored."; }
fi
expose
say "librdkafka $version is ready"
