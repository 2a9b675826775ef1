#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch - a Debian cloud kernel of one version, unpacked under the cache: never installed
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin # depmod, for a user without them in the path

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

# mirror: where apt gets the release of this machine from, its main part.
mirror()
{
	local VERSION_CODENAME=''

	# shellcheck disable=SC1091 # of the system
	. /etc/os-release
	apt-get indextargets --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages' |
		awk -v release="$VERSION_CODENAME" '$2 == release { print $1; exit }'
}

uri=${VMTEST_MIRROR:-$(mirror)}
if [[ -z $uri ]]; then
	echo "fetch.sh: cannot tell which Debian mirror apt uses here" >&2
	echo "  hint: VMTEST_MIRROR=URI names one" >&2
	exit 2
fi

# An apt of its own: sources, lists, cache and the list of what is installed. The machine's own
# configuration is read first, for a proxy; its hooks are left out.
apt=$cache/apt-$suite
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
: >"$apt/status"
cat >"$apt/sources.list" <<END
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main
END
cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "$apt/parts";
Dir::Etc::Preferences "$apt/parts/none";
Dir::Etc::PreferencesParts "$apt/parts";
Dir::State::Lists "$apt/lists";
Dir::State::Status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt/cache";
APT::Architecture "amd64";
APT::Sandbox::User "";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END

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
