#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch - the loaders of a Debian suite with their own libraries, unpacked: never installed
set -eu
export LC_ALL=C
unset CDPATH
. "$(dirname "$0")/../apt.sh"

usage='Usage: tests/matrix/fetch.sh SUITE
Fetch iproute2, and xdp-tools if the suite has it, with the libraries that they
were built for. Prints the folder that has ip, tc and xdp-loader; what is there
already is kept.

  SUITE   bullseye, bookworm or trixie

Environment:
  MATRIX_CACHE=DIR   where they are kept; default: ifbpf/loaders in the XDG cache
  MATRIX_MIRROR=URI  a Debian mirror; default: the one that apt uses here

Example: "$(tests/matrix/fetch.sh trixie)/ip" -V
'

case ${1-} in
bullseye) packages=(iproute2) ;;
bookworm | trixie) packages=(iproute2 xdp-tools) ;;
-h | --help)
	printf '%s' "$usage"
	exit 0
	;;
*)
	printf '%s' "$usage" >&2
	exit 1
	;;
esac
suite=$1
cache=${MATRIX_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ifbpf/loaders}
root=$cache/$suite

# One at a time; the next one finds what this one fetched.
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [[ -x $root/run/ip && -x $root/run/tc ]]; then
	echo "$root/run"
	exit 0
fi
uri=${MATRIX_MIRROR:-$(apt_mirror)}
if [[ -z $uri ]]; then
	echo "fetch.sh: cannot tell which Debian mirror apt uses here" >&2
	echo "  hint: MATRIX_MIRROR=URI names one" >&2
	exit 2
fi

# wrap PROGRAM: into run/, run by the dynamic loader and with the libraries of its suite.
wrap()
{
	local file loader objects
	local -a libraries

	file=$(find "$root.new" -type f -path "*bin/$1")
	# Not the one in lib64, which may be a link to that of this machine.
	loader=$(find "$root.new" -path '*/lib/*' -name 'ld-linux*.so.*')
	objects=$(find "$root.new" -name xdp-dispatcher.o -printf '%h\n')
	mapfile -t libraries < <(find "$root.new" -name 'lib*.so.*' -printf '%h\n' | sort -u)
	cat >"$root.new/run/$1" <<-END
		#!/bin/sh
		here=\$(dirname "\$(dirname "\$0")")
		export LIBXDP_OBJECT_PATH="\$here${objects#"$root.new"}"
		exec "\$here${loader#"$root.new"}" \\
			--library-path "$(printf "\$here%s:" "${libraries[@]#"$root.new"}")" \\
			"\$here${file#"$root.new"}" "\$@"
	END
	chmod +x "$root.new/run/$1"
}

apt=$cache/apt-$suite
{
	apt_private "$apt" "$uri" "$suite"
	apt-get -c "$apt/apt.conf" -q update
	apt-get -c "$apt/apt.conf" -q -y --no-install-recommends --download-only install "${packages[@]}"
	rm -rf "$root.new"
	mkdir -p "$root.new/run"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$root.new"
	done
	wrap ip
	wrap tc
	if [[ " ${packages[*]} " == *" xdp-tools "* ]]; then
		wrap xdp-loader
	fi
	rm -rf "$root.new/usr/share" "$apt" "$root"
	mv "$root.new" "$root"
} >&2
echo "$root/run"
