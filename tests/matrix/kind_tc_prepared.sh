# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# load --no-attach, and stock tc as the mere attacher.

tc_prepared_load() { tc_attach add pref 10 handle 1; }
tc_prepared_over() { tc_attach replace PLACE; }
tc_prepared_off() { echo "$(tc_off) && unload --prepared --all v0"; }
tc_prepared_version() { tc_version; }

# tc_attach WORD...: of tc filter.
tc_attach()
{
	echo "load --no-attach v0 $objects/NAME.o && tc filter $1 dev v0 ingress ${*:2} bpf da" \
		"pinned /sys/fs/bpf/v0/%progs/tc_ingress/PROGRAM"
}
