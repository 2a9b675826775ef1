#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch - a Debian cloud kernel of one version, unpacked under the cache: never installed
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin # depmod, for a user without them in the path
unset CDPATH
. "$(dirname "$0")/../apt.sh"

usage='Usage: tests/vm/fetch.sh VERSION
Fetch the cloud kernel of the Debian suite that has this version: 5.10, 6.1 or
6.12. Prints the folder that it is unpacked in. What is there already is kept.

Environment:
  VMTEST_CACHE=DIR   where kernels are kept; default: ifbpf under the XDG cache
  VMTEST_MIRROR=URI  a Debian mirror; default: the one that apt uses here

Example: tests/vm/fetch.sh 6.1
'

case ${1-} in
5.10) suite=bullseye ;;
6.1) suite=bookworm ;;
6.12) suite=trixie ;;
-h | --help)
	printf '%s' "$usage"
	exit 0
	;;
*)
	printf '%s' "$usage" >&2
	exit 1
	;;
esac

cache=${VMTEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ifbpf/vmtest}
kernel=$cache/linux-$1

# One at a time; the next one finds what this one fetched.
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if compgen -G "$kernel/boot/vmlinuz-*" >/dev/null; then
	echo "$kernel"
	exit 0
fi

uri=''
need_mirror VMTEST_MIRROR

apt=$cache/apt-$suite
apt_private "$apt" "$uri" "$suite"
echo 'APT::Architecture "amd64";' >>"$apt/apt.conf"

{
	apt-get -c "$apt/apt.conf" -q update
	package=$(apt-cache -c "$apt/apt.conf" depends linux-image-cloud-amd64 |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
	rm -rf "$kernel.new"
	mkdir -p "$kernel.new"
	(cd "$kernel.new" && apt-get -c "$apt/apt.conf" -q download "${package:?no cloud kernel in $suite}")
	dpkg-deb -x "$kernel.new"/linux-image-*.deb "$kernel.new"
	rm -rf "$kernel.new"/linux-image-*.deb "$apt"
	# From trixie on, the package has them under usr.
	[[ -d $kernel.new/lib/modules ]] || mv "$kernel.new/usr/lib" "$kernel.new/lib"
	depmod -b "$kernel.new" "$(basename "$kernel.new"/lib/modules/*)"
	rm -rf "$kernel"
	mv "$kernel.new" "$kernel"
} >&2
echo "$kernel"
