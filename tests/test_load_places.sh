# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: dry runs, and where the pins are.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh
. tests/carry.sh

# --- dry runs, and where the pins are

test_dry_run_leaves_nothing()
{
	local before old

	expect_status 0 load --dry-run v0 objects/xdp_pass.o
	[[ $output == "v0 xdp: program xdp_pass id "*" would be loaded"*"  would be attached native by netlink
  map xdp_stats_map id "*" would be created" ]] ||
		fail "it says: $output"
	[[ -z $(find "$BPFFS" -mindepth 1 ! -name '*.debug') && -z $(prog_id v0) ]] || fail "it left something"
	eventually is_gone prog "$(sed -n 's/.*xdp_pass id \([0-9]*\).*/\1/p' <<<"$output")" ||
		fail "the program is still there"
	load v0 objects/xdp_pass.o >/dev/null
	old=$(prog_id v0)
	before=$(snapshot)
	expect_status 0 load --dry-run --json v0 objects/xdp_drop.o
	[[ $output == *'"dry_run":true'*'"path":null}'*'"attached":null,"would":{"replaced_id":'"$old"',"replaced":"xdp_pass (id '"$old"', tag '*')",'\
'"replaced_how":"native by netlink","foreign":false,"reason":null,"how":"native by netlink","one_step":true}'\
*'"state":"reused"'* ]] ||
		fail "it says: $output"
	expect_status 0 load --dry-run --link -m skb v0 objects/xdp_drop.o
	[[ $output == *"  would replace program xdp_pass (id $old, tag "*"), native by netlink, which is ours; \
not in one step: packets pass between
  would be attached skb by link
  map xdp_stats_map id "*" would be reused" ]] || fail "it says: $output"
	expect_status 0 load --dry-run --hook tc_egress v0 objects/tc_pass.o
	! tc qdisc show dev v0 | grep -q clsact || fail "a qdisc was made"
	expect_unchanged "$before"
	[[ $(prog_id v0) == "$old" ]] || fail "it was replaced"
	link_xdp_again
	expect_status 2 load --dry-run v0 objects/xdp_drop.o
	[[ $errors == *"is not ours"* ]] || fail "it says: $errors"
	expect_status 0 load --dry-run --replace v0 objects/xdp_drop.o
	[[ $output == *"would replace program "*", which is not ours: "* ]] || fail "it says: $output"
}

link_xdp_again() { ip -force link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp; }

test_fresh_uses_nothing_of_an_interface_that_is_gone()
{
	local how old

	make_veth v5
	load v5 "$BUILT/load_flows1.o" >/dev/null
	for how in fail migrate; do
		old=$(map_id "$BPFFS/v5/flow_table")
		bpftool map update pinned "$BPFFS/v5/flow_table" key 7 0 0 0 \
			value 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
		ip link del v5
		make_veth v5
		expect_status 0 load --fresh --on-mismatch "$how" v5 "$BUILT/load_flows2.o"
		[[ $errors == *"its maps are dropped"* ]] || fail "it says: $errors"
		[[ $(map_id "$BPFFS/v5/flow_table") != "$old" ]] || fail "the old map is used on"
		[[ -z $(old_maps "$BPFFS/v5") ]] || fail "left: $(old_maps "$BPFFS/v5")"
		! bpftool map lookup pinned "$BPFFS/v5/flow_table" key 7 0 0 0 >/dev/null 2>&1 ||
			fail "the old content is there"
	done
	old=$(map_id "$BPFFS/v5/flow_table")
	ip link del v5
	make_veth v5
	expect_status 0 load --fresh v5 "$BUILT/load_flows2.o"
	[[ $output == *"map flow_table id "*" created"* ]] || fail "it says: $output"
	[[ $(map_id "$BPFFS/v5/flow_table") != "$old" ]] || fail "the same map is used on"
}

test_another_bpffs_is_used_where_the_environment_names_one()
{
	mkdir /run/other
	mount -t bpf bpf /run/other
	export IFBPF_BPFFS=/run/other
	expect_status 0 load v0 objects/xdp_pass.o
	[[ -f /run/other/v0/xdp_stats_map && ! -e $BPFFS/v0 ]] || fail "pinned elsewhere"
	expect_status 0 load v0 objects/xdp_drop.o
	send 2
	expect_totals v0 "xdp XDP_DROP 2"
}

has_passed() { [[ $(seen passed) == "$1" ]]; }

# counts_come_over DIRECTORY: which IFBPF_BPFFS names.
counts_come_over()
{
	local BPFFS=$1

	export IFBPF_BPFFS=$BPFFS
	load v0 "$BUILT/carry1.o" >/dev/null
	send 5
	eventually has_passed 5 || fail "passed: $(seen passed)"
	expect_status 0 pin_maps v0
	[[ $output != *shared* ]] || fail "pin_maps says: $output"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors != *"goes on"* && $errors != *"shared by"* ]] || fail "it says: $errors"
	expect_seen 5 0
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "left: $(old_maps "$BPFFS/v0")"
	unload --all --purge v0 >/dev/null
	unset IFBPF_BPFFS
}

test_counts_come_over_wherever_in_a_bpffs_the_layout_is()
{
	mkdir "$BPFFS/sub" /run/bound /run/other
	counts_come_over "$BPFFS/sub"
	mount --bind "$BPFFS/sub" /run/bound
	counts_come_over /run/bound
	mount -t bpf bpf /run/other
	mkdir /run/other/sub
	counts_come_over /run/other/sub
}

test_several_interfaces_share_nothing_in_a_directory_of_a_bpffs()
{
	mkdir "$BPFFS/sub"
	export IFBPF_BPFFS=$BPFFS/sub
	make_veth v5
	load v0 v5 "$BUILT/carry1.o" >/dev/null
	expect_status 0 load --on-mismatch migrate v0 v5 "$BUILT/carry2.o"
	[[ $errors != *"goes on"* && $errors != *"shared by"* ]] || fail "it says: $errors"
	[[ -z $(old_maps "$BPFFS/sub/v0")$(old_maps "$BPFFS/sub/v5") ]] || fail "old maps are left"
}

test_interfaces_of_another_namespace_are_loaded_and_pinned_apart()
{
	local path

	load v0 objects/xdp_pass.o >/dev/null
	expect_status 0 load --netns peer v1 objects/xdp_pass.o
	path=$(ls -d "$BPFFS"/%ifbpf/ns/*/v1)
	[[ -f $path/xdp_stats_map && -f $path/%progs/xdp/xdp_pass ]] || fail "pinned elsewhere"
	send_out 3
	run stats --netns peer v1
	[[ $(tr -s ' ' <<<"$output") == "v1 xdp XDP_PASS 3 packets 300 bytes" ]] || fail "stats: $output$errors"
	expect_status 0 load --link --netns peer v1 objects/xdp_drop.o
	expect_status 0 load --netns peer v1 objects/xdp_drop.o
	send_out 2
	run stats --netns peer v1
	[[ $(tr -s ' ' <<<"$output") == "v1 xdp XDP_DROP 2 packets 200 bytes
v1 xdp XDP_PASS 3 packets 300 bytes" ]] || fail "stats: $output$errors"
}

test_no_such_interface_or_namespace()
{
	expect_status 2 load no_such objects/xdp_pass.o
	[[ $errors == *"no_such"* ]] || fail "it says: $errors"
	expect_status 2 load --netns no_such v0 objects/xdp_pass.o
	[[ $errors == *"no_such"* ]] || fail "it says: $errors"
}

test_without_privilege_it_is_refused()
{
	local before

	load v0 objects/xdp_pass.o >/dev/null
	before=$(snapshot)
	expect_status 2 as_user "$PWD/pinning/load" v0 objects/xdp_drop.o
	[[ $errors == "load: cannot "* ]] || fail "it says: $errors"
	expect_status 2 as_user "$PWD/pinning/load" --dry-run v0 objects/xdp_drop.o
	expect_unchanged "$before"
}

# with_caps CAPS COMMAND...: root's files, and of its capabilities only these. Before 5.11 memory of BPF
# is locked memory, and raising its limit takes another one.
with_caps()
{
	local caps=$1

	shift
	ulimit -l unlimited 2>/dev/null || true
	setpriv --bounding-set "-all,$caps" --inh-caps -all --no-new-privs "$@"
}

test_that_migrate_needs_sys_admin_is_said()
{
	load v0 "$BUILT/load_flows1.o" >/dev/null
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon "$PWD/pinning/load" --on-mismatch migrate v0 "$BUILT/load_flows2.o"
	[[ $errors == *"value "*"it takes CAP_SYS_ADMIN to read the old map's BTF: taken as the new one's"* ]] ||
		fail "it says: $errors"
}

# Of the same sizes, with other members: what load noted of the pinned map tells.
test_other_types_are_refused_without_sys_admin()
{
	local caps=+bpf,+net_admin,+perfmon before map

	with_caps "$caps" load v0 "$BUILT/types1.o" >/dev/null
	map=$(map_id "$BPFFS/v0/table")
	before=$(snapshot)
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"cannot reuse map 'table'"*"types of key and value "*"CAP_SYS_ADMIN shows them"* ]] ||
		fail "it says: $errors"
	[[ $errors != *"--on-mismatch migrate"* ]] || fail "it cannot: $errors"
	expect_status 2 with_caps "$caps" load --on-mismatch migrate v0 "$BUILT/types2.o"
	[[ $errors == *"value "*"refused: the types of key and value are noted as others"* ]] ||
		fail "it says: $errors"
	expect_unchanged "$before"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types1.o"
	[[ -z $errors ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/table" "$map"
	expect_status 0 with_caps "$caps" load --on-mismatch fresh v0 "$BUILT/types2.o"
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types1.o"
}

test_that_types_cannot_be_compared_is_said()
{
	local caps=+bpf,+net_admin,+perfmon

	load v0 "$BUILT/types1.o" >/dev/null
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"the types of these maps could not be compared"*CAP_SYS_ADMIN*": table"* ]] ||
		fail "it says: $errors"
	# Whose types cannot be known is not noted as of the object's.
	expect_status 0 with_caps "$caps" load v0 "$BUILT/types1.o"
	[[ $errors == *"the types of these maps could not be compared"*": table"* ]] || fail "it says: $errors"
	# Root notes what it reads, and pin_maps as well.
	load v0 "$BUILT/types1.o" >/dev/null
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	unload --all --purge v0 >/dev/null
	link_xdp v0 "$BUILT/types1.o"
	pin_maps v0 >/dev/null
	expect_status 2 with_caps "$caps" load v0 "$BUILT/types2.o"
	[[ $errors == *"types of key and value "* ]] || fail "it says: $errors"
}

# The notes of all maps are good for a migration as well, and what lacks them is said in one line.
test_what_is_noted_of_types_is_enough_to_migrate()
{
	local caps=+bpf,+net_admin,+perfmon

	with_caps "$caps" load v0 objects/xdp_acl.o >/dev/null
	expect_status 0 with_caps "$caps" load --on-mismatch migrate v0 "$BUILT/acl_grown.o"
	[[ $errors == *"key  "*" kept"* && $errors != *assumed* ]] || fail "it says: $errors"
	rm "$BPFFS/v0/%layouts"
	expect_status 0 with_caps "$caps" load v0 "$BUILT/acl_grown.o"
	[[ $(grep -c 'could not be compared' <<<"$errors") == 1 && $errors == *acl_macs* ]] ||
		fail "it says: $errors"
}

# What is noted is of the maps that are pinned.
test_what_is_noted_of_types_goes_with_the_pins()
{
	local old

	load v0 "$BUILT/types1.o" >/dev/null
	old=$(map_id "$BPFFS/v0/table")
	load --on-mismatch fresh v0 "$BUILT/types2.o" >/dev/null
	[[ $(readlink "$BPFFS/v0/%layouts") =~ [=,]$old(\;|,|$) ]] || fail "the old one is not noted"
	gc --old >/dev/null
	[[ -z $(old_maps "$BPFFS/v0") ]] || fail "the old one is still pinned"
	load --on-mismatch fresh v0 "$BUILT/types1.o" >/dev/null
	[[ ! $(readlink "$BPFFS/v0/%layouts") =~ [=,]$old(\;|,|$) ]] || fail "still noted: $old"
	[[ $(readlink "$BPFFS/v0/%layouts") =~ [=,]$(map_id "$BPFFS/v0/table")(\;|,|$) ]] ||
		fail "the new one is not noted"
}

test_bpf_and_net_admin_are_enough()
{
	local how hook flows
	local -a hows=("" --link "--tc clsact")

	! attach has tcx_ingress || hows+=("--tc tcx" "--tc tcx --link")
	for how in "${hows[@]}"; do
		hook=xdp
		[[ $how != *tc* ]] || hook=tc_ingress
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin load $how --hook "$hook" v0 "$BUILT/hooks.o"
		[[ -z $errors || $errors == *"in one step"* ]] || fail "'$how': messages: $errors"
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin load $how --hook "$hook" v0 "$BUILT/hooks.o"
		[[ $output == *"replaced program id "*" reused" && -z $errors ]] ||
			fail "'$how': $output$errors"
	done
	runs v0 xdp hooks_xdp
	runs v0 tc_ingress hooks_tc
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 with_caps +bpf,+net_admin load -v --hook xdp v0 "$BUILT/hooks.o"
	[[ $errors == *"the types of map 'flows' were compared by what is noted"* ]] ||
		fail "it says: $errors"
	[[ $errors == *"without CAP_SYS_ADMIN"* ]] || fail "it says: $errors"
	expect_id "$BPFFS/v0/flows" "$flows"
	runs v0 xdp hooks_xdp
}

# The kernel lists links with CAP_SYS_ADMIN only, but load has this one open.
test_what_replacing_programs_of_others_takes_is_said()
{
	local takes="hint: that takes CAP_SYS_ADMIN"

	link_xdp v0 objects/xdp_pass.o
	link_tc v0 ingress objects/tc_pass.o
	expect_status 2 with_caps +bpf,+net_admin load v0 objects/xdp_drop.o
	[[ $errors == *"or replace it, and drop them: --replace"*"$takes"* ]] || fail "it says: $errors"
	expect_status 2 with_caps +bpf,+net_admin load --replace v0 objects/xdp_drop.o
	expect_status 2 with_caps +bpf,+net_admin load --replace v0 objects/tc_echo.o
	[[ $errors == *"--expect "*" --replace"*"$takes"* ]] || fail "tc: it says: $errors"
	expect_status 2 load v0 objects/xdp_drop.o
	[[ $errors != *"$takes"* ]] || fail "as root it says: $errors"
	expect_status 0 load --replace v0 objects/xdp_drop.o
}

test_without_sys_admin_the_link_is_reported_all_the_same()
{
	local how link

	for how in "--link" "" "-m skb"; do
		# shellcheck disable=SC2086 # several words
		expect_status 0 with_caps +bpf,+net_admin,+perfmon load $how v0 objects/xdp_pass.o
		link=$(link_of "$BPFFS/v0/%links/xdp")
		[[ $output == *"attached by link in "*" mode (link $link)"* ]] || fail "'$how': $output"
	done
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --json v0 objects/xdp_pass.o
	[[ $output == *'"link_id":'"$link,"* ]] || fail "it says: $output"
	unload v0 >/dev/null
	load --netlink -m native v0 objects/xdp_pass.o >/dev/null
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --link v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode (link $(link_of "$BPFFS/v0/%links/xdp"))"* ]] ||
		fail "from netlink: $output"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load --netlink v0 objects/xdp_pass.o
	[[ $output == *"attached by netlink in native mode"$'\n'* ]] || fail "to netlink: $output"
}

test_programs_that_subtract_pointers_need_perfmon_as_well()
{
	expect_status 2 with_caps +bpf,+net_admin load v0 objects/xdp_pass.o
	[[ $errors == *"pointer prohibited"* ]] || fail "it says: $errors"
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load v0 objects/xdp_pass.o
	expect_status 0 with_caps +bpf,+net_admin,+perfmon load v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

test_a_limit_of_locked_memory_is_told_where_the_kernel_goes_by_it()
{
	load v0 objects/xdp_pass.o >/dev/null
	run bash -c 'ulimit -l 0 && exec "$@"' limited setpriv --bounding-set -all,+bpf,+net_admin,+perfmon \
		--inh-caps -all --no-new-privs "$PWD/pinning/load" v0 objects/xdp_drop.o
	if ((status == 0)); then
		[[ -z $errors ]] || fail "it says: $errors"
		return
	fi
	((status == 2)) || fail "status $status"
	[[ $errors == *"locked memory: 0 KiB, which counts before Linux 5.11"* ]] || fail "it says: $errors"
	runs v0 xdp xdp_pass
}
