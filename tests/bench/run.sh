#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run the benchmark in network and mount namespaces of its own: nothing on the machine changes.
set -eu
export LC_ALL=C
unset CDPATH
cd "$(dirname "$0")/../.."

case ${1-} in
-h | --help | -V | --version | -l | --list) exec build/tests/bench/bench "$@" ;;
esac
if ((EUID != 0)); then
	echo "bench: cannot make network namespaces and load BPF programs: not root" >&2
	echo "  hint: sudo make bench" >&2
	exit 2
fi

for argument; do
	case $argument in
	/run/* | --docs=/run/*)
		echo "bench: cannot write '$argument': the benchmark has a /run of its own" >&2
		exit 1
		;;
	esac
done

# shellcheck disable=SC2016 # expanded by the inner bash
exec unshare --net --mount --propagation private bash -c '
	. tests/lib.sh
	. tests/bench/world.sh
	set -eu
	setup
	bench_world
	exec build/tests/bench/bench "$@"
' bench "$@"
