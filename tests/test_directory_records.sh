# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records that are damaged, or of another version, are refused, and what they do not say is lost.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/directory.sh

# damage TEXT: the record of v0 says this.
damage()
{
	rm -f "$BPFFS/v0/%meta"
	ln -s "$1" "$BPFFS/v0/%meta"
}

test_a_record_of_another_version_is_refused_and_never_rewritten()
{
	local before text

	ready
	pin_maps v0 >/dev/null
	for text in 'v=2;gen=7;name=v0' 'v=10;gen=2' 'v=2'; do
		damage "$text"
		before=$(snapshot)
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
		[[ $errors == *"hint: a newer version of ifbpf wrote it"* ]] || fail "it says: $errors"
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps --fresh v0
	done
}

test_a_damaged_record_is_refused_and_never_rewritten()
{
	local before text

	ready
	pin_maps v0 >/dev/null
	for text in 'garbage' 'v=' 'v=1;gen' 'v=1;gen=x' 'v=1;gen=2;ifindex=99999999999' \
		'v=1;gen=2;xdp=prog:-1' 'v=1;gen=2;name=%zz' 'v=1;gen=2;name=far-too-long-a-name' \
		'v=1' 'v=1;gen=2;ifindex=2' 'v=1;gen=2;name=v0' 'v=1;gen=2;name=v0;ifindex=0'; do
		damage "$text"
		before=$(snapshot)
		expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
	done
	rm "$BPFFS/v0/%meta"
	mkdir "$BPFFS/v0/%meta"
	before=$(snapshot)
	expect_refusal "cannot read the record of $BPFFS/v0: " "$before" pin_maps v0
}

test_a_damaged_record_is_written_anew_as_the_hint_says()
{
	local id command

	load v0 objects/xdp_pass.o >/dev/null
	load --hook tc_egress v0 objects/tc_pass.o >/dev/null
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 3
	damage garbage
	expect_status 2 load v0 objects/xdp_drop.o
	command=$(sed -n 's/.*the pins stay: //p' <<<"$errors")
	[[ $command == "rm -r $BPFFS/v0/%meta && pin_maps v0" ]] || fail "it says: $errors"
	bash -c "$command" >/dev/null
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 3 300
	[[ $(map_id "$BPFFS/v0/xdp_stats_map") == "$id" ]] || fail "another map has the name"
	expect_status 0 load v0 objects/xdp_drop.o
	expect_status 0 unload --all v0
}

test_a_root_record_of_another_version_is_refused()
{
	local before

	ready
	rm "$BPFFS/%ifbpf/%root"
	ln -s 'v=2;gen=0;netns=1' "$BPFFS/%ifbpf/%root"
	before=$(snapshot)
	expect_refusal "cannot read the record $BPFFS/%ifbpf/%root: " "$before" pin_maps v0
	[[ $errors == *"newer version"* && $errors != *"rm "* ]] || fail "it says: $errors"
}

test_a_damaged_root_record_is_written_anew_by_what_is_told()
{
	local before command

	ready
	pin_maps v0 >/dev/null
	before=$(readlink "$BPFFS/%ifbpf/%root")
	ln -snf 'gen=0;netns=1' "$BPFFS/%ifbpf/%root"
	expect_refusal "cannot read the record $BPFFS/%ifbpf/%root: " "$(snapshot)" load v0 objects/xdp_drop.o
	command=$(sed -n 's/.*IFNAME: \(rm .*\)IFNAME$/\1v0/p' <<<"$errors")
	[[ $command == "rm '$BPFFS/%ifbpf/%root' && pin_maps v0" || $command == "rm $BPFFS/%ifbpf/%root && pin_maps v0" ]] ||
		fail "it says: $errors"
	bash -ec "$command" >/dev/null
	[[ $(readlink "$BPFFS/%ifbpf/%root") == "$before" ]] ||
		fail "it was $before and is $(readlink "$BPFFS/%ifbpf/%root")"
	expect_status 0 load v0 objects/xdp_drop.o
}

test_fields_that_we_do_not_know_stay_in_the_record()
{
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	damage "$(readlink "$BPFFS/v0/%meta" | sed 's/;xdp=/;colour=blue;xdp=/')"
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	expect_status 0 pin_maps v0
	[[ $(readlink "$BPFFS/v0/%meta") == *";colour=blue"* ]] ||
		fail "the record is $(readlink "$BPFFS/v0/%meta")"
}

# Whatever the record says of whose it is: a list that is in force stays so.
test_maps_that_the_interface_works_with_are_not_dropped_for_a_wrong_record()
{
	local id who

	need setpriv
	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add src 02:00:00:00:00:02
	id=$(map_id "$BPFFS/v0/xdp_stats_map")
	for who in root unprivileged; do
		damage "$(readlink "$BPFFS/v0/%meta" | sed 's/;name=v0;ifindex=[0-9]*/;name=gone;ifindex=999/; s/;mac=[^;]*//; s/;xdp=.*//')"
		if [[ $who == root ]]; then
			run load v0 objects/xdp_acl.o
		else
			run setpriv --inh-caps -all,+bpf,+net_admin,+perfmon --bounding-set -all,+bpf,+net_admin,+perfmon \
				load v0 objects/xdp_acl.o
		fi
		[[ $status == 0 && $errors == *"(gone, ifindex 999): its maps are inherited"* ]] || fail "$who: $status: $errors"
		[[ $(map_id "$BPFFS/v0/xdp_stats_map") == "$id" ]] || fail "$who: another map has the name"
	done
}
