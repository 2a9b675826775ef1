# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# load --no-attach, and stock tc as the mere attacher.

tc_prepared_load() { tc_prepared_over "$@"; }
tc_prepared_over()
{
	local words

	add_clsact "$1"
	load --no-attach "$1" "$(object "$2")" || return
	read -ra words < <(filter_place "$1")
	tc filter replace dev "$1" ingress "${words[@]}" bpf da pinned "$(prepared "$2")"
}
tc_prepared_off() { bin='' tc_off "$1" && unload --prepared --all "$1"; }
tc_prepared_version() { tc_version; }
tc_prepared_how()
{
	echo "load --no-attach v0 $objects/NAME.o;" \
		"tc filter add dev v0 ingress bpf da pinned /sys/fs/bpf/v0/%progs/tc_ingress/NAME"
}
