#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch - the loaders of a Debian suite with their own libraries, unpacked: never installed
set -eu
export LC_ALL=C
unset CDPATH
. "$(dirname "$0")/../apt.sh"

usage='Usage: tests/matrix/fetch.sh SUITE
Fetch iproute2, and xdp-tools if the suite has it, with the libraries that they
were built for. Prints the folder that has ip, tc, xdp-loader and, from 1.5 on,
xdp-forward; what is there already is kept.

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
uri=''
need_mirror MATRIX_MIRROR

# wrap PROGRAM: out of unpacked/ into bin/, its libraries and their dynamic loader into lib/, and a
# command in run/ that has the three together.
wrap()
{
	local file loader path library

	file=$(find unpacked -type f -path "*bin/$1")
	# Not the one in lib64, which may be a link to that of this machine.
	loader=$(find unpacked -path '*/lib/*' -name 'ld-linux*.so.*')
	path=$(find unpacked -name 'lib*.so.*' -printf "$PWD/%h\n" | sort -u | paste -sd :)
	"./$loader" --library-path "$path" --list "./$file" | awk '$2 == "=>" { print $3 }' |
		while read -r path; do
			# Of the file that it is in truth iproute2 reads the version of libbpf.
			library=$(realpath "$path")
			cp "$library" lib
			[[ $library == */"${path##*/}" ]] || ln -sf "${library##*/}" "lib/${path##*/}"
		done
	cp -L "$loader" lib
	cp "$file" bin
	cat >"run/$1" <<-END
		#!/bin/sh
		here=\${0%/run/*}
		export LIBXDP_OBJECT_PATH="\$here/lib/bpf"
		exec "\$here/lib/${loader##*/}" --library-path "\$here/lib" "\$here/bin/$1" "\$@"
	END
	chmod +x "run/$1"
}

apt=$cache/apt-$suite
{
	apt_private "$apt" "$uri" "$suite"
	apt-get -c "$apt/apt.conf" -q update
	apt-get -c "$apt/apt.conf" -q -y --no-install-recommends --download-only install "${packages[@]}"
	rm -rf "$root.new"
	mkdir -p "$root.new"/{bin,lib/bpf,run}
	cd "$root.new"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" unpacked
		dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
	done >run/packages
	wrap ip
	wrap tc
	if [[ " ${packages[*]} " == *" xdp-tools "* ]]; then
		wrap xdp-loader
		[[ -z $(find unpacked -type f -path '*bin/xdp-forward') ]] || wrap xdp-forward
		find unpacked -path '*/bpf/xdp*.o' -exec cp -t lib/bpf {} +
	fi
	cd "$cache"
	rm -rf "$root.new/unpacked" "$apt" "$root"
	mv "$root.new" "$root"
} >&2
echo "$root/run"
