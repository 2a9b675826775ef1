#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the benchmark in network and mount namespaces of its own: nothing on the machine changes.
set -eu
export LC_ALL=C
unset CDPATH BENCH_COMMIT
from=$PWD
cd "$(dirname "$0")/../.."
[[ $from != "$PWD" ]] || from=.

PATH=$PATH:/usr/sbin:/sbin
if [[ ! -x build/tests/bench/bench ]]; then
	echo "bench: cannot find build/tests/bench/bench: it is not built yet" >&2
	echo "  hint: ./configure && make && sudo make bench" >&2
	exit 2
fi
# What needs nothing of all this, wherever it stands.
for word; do
	case $word in
	-h | --help | -V | --version | -l | --list) exec -a bench build/tests/bench/bench "$word" ;;
	--) break ;;
	esac
done
if ((EUID != 0)); then
	echo "bench: cannot make network namespaces and load BPF programs: not root" >&2
	echo "  hint: sudo make bench" >&2
	exit 2
fi

# Root may lack what makes it root: in a container, in a user namespace, under a service manager.
lacks()
{
	echo "bench: cannot make network namespaces and load BPF programs: needs $1" >&2
	echo "  hint: run it as root of the machine, outside of containers that take capabilities away" >&2
	exit 2
}
read -r _ capabilities < <(grep ^CapEff: /proc/self/status)
for need in 'CAP_NET_ADMIN 12' 'CAP_SYS_ADMIN 21'; do
	(((0x$capabilities >> ${need#* }) & 1)) || lacks "${need% *}"
done
read -r inside outside count </proc/self/uid_map
if [[ "$inside $outside $count" != '0 0 4294967295' ]]; then
	lacks 'CAP_NET_ADMIN and CAP_SYS_ADMIN, which a user namespace gives for itself only'
fi

# What the namespaces are made with; of anything else the rows say that it is missing.
for need in 'ip iproute2' 'tc iproute2' 'ethtool ethtool' 'nsenter util-linux'; do
	if [[ ! -x $(type -P "${need% *}") ]]; then
		echo "bench: cannot make the interfaces: needs ${need% *} (package ${need#* })" >&2
		exit 2
	fi
done

# Older suites have no xdp-forward: then the one that tests/matrix/fetch.sh has fetched.
fetched=${MATRIX_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ifbpf/loaders}/trixie/run
if ! type xdp-forward >/dev/null 2>&1 && [[ -x $fetched/xdp-forward ]]; then
	export BENCH_FETCHED=$fetched
	BENCH_XDP_FORWARD=$(sed -n 's/^xdp-tools //p' "$fetched/packages" || true)
	export BENCH_XDP_FORWARD="xdp-tools ${BENCH_XDP_FORWARD:-of unknown version}, fetched"
fi

# Which state of the tree it is, if this is a tree of its own. Root may measure another one's.
if [[ $(git -c safe.directory="$PWD" rev-parse --show-toplevel 2>/dev/null) == "$PWD" ]]; then
	BENCH_COMMIT=$(git -c safe.directory="$PWD" describe --always --tags --dirty 2>/dev/null || true)
	export BENCH_COMMIT
fi

# Where the paths on the command line begin: the tree has another place in there, from which no way
# leads up to what is above it here.
export BENCH_FROM=$from BENCH_TREE=$PWD
# shellcheck disable=SC2016 # expanded by the inner bash
exec unshare --net --mount --propagation private bash -c '
	. tests/lib.sh
	. tests/bench/world.sh
	set -eu
	setup
	bench_world
	bench_peers
	exec -a bench build/tests/bench/bench "$@"
' bench "$@"
