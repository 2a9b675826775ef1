# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# load: the ways of attaching, by netlink, link, clsact and tcx, in each mode; and by others.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh
. tests/loads.sh

# --- modes

test_each_mode_is_the_one_that_was_asked_for()
{
	expect_status 0 load --mode skb v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	ip -d link show dev v0 | grep -q xdpgeneric || fail "the kernel says otherwise"
	send 3
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"by netlink in skb mode"* && -z $errors ]] || fail "not in its mode: $output$errors"
	expect_status 0 load -m auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* && -z $errors ]] || fail "not in its mode: $output$errors"
	ip link set dev v0 xdpgeneric off
	expect_status 0 load -m auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in native mode"* ]] || fail "it says: $output"
	expect_totals v0 "xdp XDP_PASS 3"
}

test_auto_takes_skb_where_the_driver_has_no_xdp()
{
	# lo has no driver for XDP.
	expect_status 2 load lo objects/xdp_pass.o
	[[ $errors == *"hint: its driver has no such XDP mode; take the kernel's own: --mode skb"* ]] ||
		fail "it says: $errors"
	expect_status 0 load -m auto lo objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	runs lo xdp xdp_pass
}

# A veth has no native mode for packets above a page, unless the program takes several buffers.
test_auto_takes_skb_where_the_driver_refuses_for_the_mtu()
{
	in_peer ip link set v1 mtu 9000
	expect_status 2 load --mode native v0 objects/xdp_pass.o
	expect_status 0 load --mode auto v0 objects/xdp_pass.o
	[[ $output == *"by netlink in skb mode"* ]] || fail "it says: $output"
	[[ $errors == *"native mode is refused"*": taking skb"* ]] || fail "it says: $errors"
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	unload v0 >/dev/null
	expect_status 0 load --link --mode auto v0 objects/xdp_pass.o
	[[ $output == *"by link in skb mode"* ]] || fail "it says: $output"
}

test_a_veth_with_too_few_queues_is_told_what_to_type()
{
	local hint='hint: it has 1 receive queue, and a2, its other end, 2 transmit queues'

	ip link add a1 numrxqueues 1 numtxqueues 1 type veth peer name a2 numrxqueues 2 numtxqueues 2
	ethtool -L a2 rx 2 tx 2 || skip "needs veth interfaces whose queues can be set: this kernel has none"
	expect_status 2 load --mode native a1 objects/xdp_pass.o
	[[ $errors == *"cannot attach the program on xdp of a1 (the kernel says: "*"$hint; in the network namespace of that: ethtool -L a2 tx 1"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --mode auto a1 objects/xdp_pass.o
	[[ $errors == *"native mode is refused"*": taking skb"*"$hint"* ]] || fail "it says: $errors"
	unload a1 >/dev/null
	ip link add b1 numrxqueues 2 numtxqueues 1 type veth peer name b2 numrxqueues 1 numtxqueues 2
	ethtool -L b1 rx 1
	ethtool -L b2 tx 2
	expect_status 2 load --mode native b1 objects/xdp_pass.o
	[[ $errors == *"hint: it has 1 receive queue, and b2, its other end, 2 transmit queues: ethtool -L b1 rx 2"* ]] ||
		fail "it says: $errors"
	eval "$(sed -n 's/^  hint: .*: \(ethtool .*\)/\1/p' <<<"$errors")"
	expect_status 0 load --mode native b1 objects/xdp_pass.o
	# What a driver refuses otherwise, doctor looks for.
	in_peer ip link set v1 mtu 9000
	expect_status 2 load --mode native v0 objects/xdp_pass.o
	[[ $errors == *"hint: see what is in the way of native XDP there: doctor v0"* ]] || fail "it says: $errors"
}

test_hw_mode_is_refused_before_anything_is_changed()
{
	local how

	expect_fail "programs are not offloaded to hardware" load --mode hw v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) && ! -e $BPFFS/v0/xdp_stats_map ]] || fail "it left something"
	load -m skb v0 objects/xdp_pass.o >/dev/null
	for how in "" --dry-run --link; do
		# shellcheck disable=SC2086 # $how may be nothing
		expect_untouched load $how -m hw v0 objects/xdp_drop.o
		[[ $errors == *"programs are not offloaded to hardware"* ]] || fail "it says: $errors"
	done
}

# expect_untouched COMMAND...: refused, and no message of it changed anything on an interface.
expect_untouched()
{
	local id

	id=$(prog_id "${@:(-2):1}")
	need strace
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 expect_status 2 \
		strace -f -qq -e trace=sendto -o "$TMPDIR/sent" "$@"
	! grep RTM_SETLINK "$TMPDIR/sent" || fail "it was tried"
	[[ $(prog_id "${@:(-2):1}") == "$id" ]] || fail "another program is on"
}

test_a_change_to_a_native_mode_that_is_not_there_is_refused_before_the_old_program_goes()
{
	local how

	load -m skb lo objects/xdp_pass.o >/dev/null
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	load -m skb v0 objects/xdp_pass.o >/dev/null
	for how in "" --dry-run --link; do
		# Before 6.3 a driver is only asked by trying.
		if attach has xdp_features; then
			# shellcheck disable=SC2086 # $how may be nothing
			expect_untouched load $how -m native lo objects/xdp_drop.o
			[[ $errors == *"in native mode: its driver has none"*"--mode skb"* ]] ||
				fail "it says: $errors"
		elif [[ $how != --dry-run ]]; then
			# shellcheck disable=SC2086 # $how may be nothing
			expect_status 2 load $how -m native lo objects/xdp_drop.o
			[[ $errors == *"--mode skb"*" is back on xdp of lo"* ]] || fail "it says: $errors"
			runs lo xdp xdp_pass
		fi
		# shellcheck disable=SC2086 # $how may be nothing
		expect_untouched load $how -m native v0 objects/xdp_drop.o
		[[ $errors == *"packets of up to 9000 bytes come, and without fragments a program takes "* ]] ||
			fail "it says: $errors"
	done
	attach has frags || return 0
	expect_status 0 load -m native v0 objects/xdp_drop_frags.o
	runs v0 xdp xdp_drop
}

test_a_change_of_mode_is_said_to_be_no_single_step()
{
	load v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load -m skb v0 objects/xdp_drop.o
	[[ $errors == "load: changing xdp of v0 from native by netlink to skb by netlink cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	runs v0 xdp xdp_drop
	send 3
	expect_totals v0 "xdp XDP_DROP 3" "xdp XDP_PASS 2"
	expect_status 0 load --link v0 objects/xdp_pass.o
	[[ $errors == "load: changing xdp of v0 from skb by netlink to skb by link cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"by link in skb mode"* ]] || fail "it says: $output"
	runs v0 xdp xdp_pass
}

test_what_goes_with_a_replaced_program_of_others_is_said()
{
	local prog map

	load v0 objects/xdp_pass.o >/dev/null
	unload v0 >/dev/null
	link_xdp v0 objects/xdp_drop.o
	prog=$(prog_id v0)
	map=$(prog_maps "$prog")
	send 10
	expect_status 0 load --dry-run --replace v0 objects/xdp_pass.o
	[[ $errors == *"with program $prog, which is not ours, would go what its maps hold, which are pinned nowhere: xdp_stats_map (id $map)"* ]] ||
		fail "it says: $errors"
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors == *"with program $prog, which is not ours, goes what its maps hold, which are pinned nowhere: xdp_stats_map (id $map)"* ]] ||
		fail "it says: $errors"
	# What is pinned, or in use on another hook, does not go.
	ip -force link set dev v0 xdpgeneric off
	ip -force link set dev v0 xdpdrv off
	link_xdp v0 objects/xdp_drop.o
	bpftool map pin id "$(prog_maps "$(prog_id v0)")" "$BPFFS/theirs"
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors != *"pinned nowhere"* ]] || fail "it says: $errors"
	# Nor what a program holds that is pinned itself.
	unload --all --purge v0 >/dev/null
	bpftool prog load objects/xdp_drop.o "$BPFFS/their_prog"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/their_prog"
	map=$(prog_maps "$(prog_id v0)")
	expect_status 0 load --replace v0 objects/xdp_pass.o
	[[ $errors != *"pinned nowhere"* ]] || fail "it says: $errors"
	bpftool map show id "$map" >/dev/null || fail "it went all the same"
}

test_a_link_gives_way_to_netlink_when_asked()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	send 2
	expect_status 0 load --dry-run --netlink v0 objects/xdp_drop.o
	[[ $output == *"native by link, which is ours; not in one step"*"would be attached native by netlink"* ]] ||
		fail "it says: $output"
	expect_status 0 load -m native v0 objects/xdp_drop.o
	[[ $output == *"attached by link in native mode"* && -z $errors ]] || fail "it says: $output$errors"
	send 1
	expect_status 0 load --netlink v0 objects/xdp_pass.o
	[[ $errors == "load: changing xdp of v0 from native by link to native by netlink cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"attached by netlink in native mode"* ]] || fail "it says: $output"
	[[ ! -e $BPFFS/v0/%links/xdp ]] || fail "the link is still pinned"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_DROP 1" "xdp XDP_PASS 5"
	# Stock tools can take it off again, and it is as it is by default.
	expect_status 0 load --netlink v0 objects/xdp_drop.o
	[[ -z $errors ]] || fail "it says: $errors"
	ip link set dev v0 xdp off
	[[ -z $(prog_id v0) ]] || fail "it is still there"
}

test_of_a_dead_link_netlink_takes_the_place()
{
	load --link -m skb v0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	expect_status 0 load --netlink v0 objects/xdp_pass.o
	[[ $output == *"attached by netlink in skb mode"* ]] || fail "it says: $output"
	[[ ! -e $BPFFS/v0/%links/xdp ]] || fail "the link is still pinned"
	runs v0 xdp xdp_pass
}

test_a_tcx_link_gives_way_to_a_program_without_one()
{
	need_tcx
	load --link v0 objects/tc_pass.o >/dev/null
	send 2
	expect_status 0 load --tc tcx v0 objects/tc_pass.o
	[[ $output == *"attached by tcx (link "* && -z $errors ]] || fail "it says: $output$errors"
	expect_status 0 load --netlink v0 objects/tc_drop.o
	[[ $errors == "load: changing tc_ingress of v0 from tcx by link to tcx cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ $output == *"attached by tcx"$'\n'* && ! -e $BPFFS/v0/%links/tc_ingress ]] || fail "it says: $output"
	runs v0 tc_ingress tc_drop
	send 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_ingress TC_ACT_SHOT 3"
	load --link v0 objects/tc_drop.o >/dev/null 2>&1
	expect_status 0 load --netlink --tc clsact v0 objects/tc_pass.o
	[[ $output == *"attached by clsact"* ]] || fail "it says: $output"
	runs v0 tc_ingress tc_pass
}

test_where_several_change_the_sentence_stands_once_and_each_is_named()
{
	make_veth w0 w1
	load --shared v0 w0 w1 objects/xdp_pass.o >/dev/null
	expect_status 0 load --shared -m skb v0 w0 w1 objects/xdp_drop.o
	[[ $(grep -c "cannot be done in one step" <<<"$errors") == 1 ]] || fail "it says: $errors"
	[[ $errors == *"changing xdp of v0 from native by netlink to skb by netlink cannot"*"of w0 from native by netlink to skb by netlink likewise"*"of w1 from "*" likewise"* ]] ||
		fail "it says: $errors"
}

test_where_the_new_program_cannot_be_attached_the_old_one_is_put_back()
{
	local how id

	# Native XDP without frags takes no frame above a page: skb mode does. How long those of the
	# peer are cannot be asked where neither a name nor a process leads to its namespace; a tool
	# of another test that looks into namespaces would be such a process.
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	touch "$TMPDIR/peer"
	mount --bind /run/netns/peer "$TMPDIR/peer"
	umount /run/netns/peer
	rm /run/netns/peer
	in_peer() { nsenter --net="$TMPDIR/peer" "$@"; }
	for how in "" --link; do
		# shellcheck disable=SC2086 # $how may be nothing
		load $how -m skb v0 objects/xdp_pass.o >/dev/null 2>&1
		id=$(prog_id v0)
		send 1
		expect_status 2 unshare --pid --fork --mount-proc pinning/load -m native v0 objects/xdp_drop.o
		[[ $errors == *"cannot attach the program on xdp of v0"*"program $id is back on xdp of v0"* ]] ||
			fail "it says: $errors"
		[[ $(prog_id v0) == "$id" ]] || fail "attached is '$(prog_id v0)'"
		runs v0 xdp xdp_pass
		send 1
		load v0 objects/xdp_pass.o >/dev/null
	done
	expect_totals v0 "xdp XDP_PASS 4"
}

# --- links

test_a_link_is_pinned_and_outlives_the_loader()
{
	expect_status 0 load --link v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode (link $(link_of "$BPFFS/v0/%links/xdp"))"* ]] ||
		fail "it says: $output"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	[[ $(stat -c %a "$BPFFS/v0/%links/xdp") == 600 ]] || fail "the link is open to others"
}

test_later_loads_update_the_link()
{
	local link

	load --link v0 objects/xdp_pass.o >/dev/null
	link=$(link_of "$BPFFS/v0/%links/xdp")
	send 3
	expect_status 0 load v0 objects/xdp_drop.o
	[[ -z $errors && $output == *"by link in native mode (link $link)"* ]] || fail "it says: $output$errors"
	runs v0 xdp xdp_drop
	expect_status 0 load --link v0 objects/xdp_drop.o
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
	send 4
	expect_totals v0 "xdp XDP_DROP 4" "xdp XDP_PASS 3"
}

# closed COMMAND...: both its outputs are a pipe that nobody reads. Sets $status.
closed()
{
	local pipe=$TMPDIR/closed

	rm -f "$pipe"
	mkfifo "$pipe"
	exec {reader}<>"$pipe" {writer}>"$pipe"
	exec {reader}<&-
	status=0
	"$@" >&"$writer" 2>&1 || status=$?
	exec {writer}>&-
}

test_what_nobody_reads_of_one_interface_does_not_keep_off_the_others()
{
	ip link add a0 type veth peer name a1
	closed load nosuch a0 objects/xdp_pass.o
	((status == 3)) || fail "status $status"
	runs a0 xdp xdp_pass
	closed load v0 nosuch a0 objects/xdp_drop.o
	((status == 3)) || fail "status $status"
	runs v0 xdp xdp_drop
	runs a0 xdp xdp_drop
}

test_the_kernel_refuses_to_let_ip_remove_a_link()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	expect_fail "active BPF XDP link" ip link set dev v0 xdp off
	expect_fail "active BPF XDP link" ip -force link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp
	runs v0 xdp xdp_pass
}

test_a_link_updates_to_a_program_from_any_section()
{
	load --link v0 objects/xdp_pass.o >/dev/null
	expect_status 0 load --hook xdp -s foo/bar v0 "$BUILT/load_odd.o"
	expect_status 0 load -s prog v0 "$BUILT/load_odd.o"
	expect_status 0 load v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

test_a_link_updates_from_a_program_without_expected_attach_type()
{
	local link

	attach untyped v0 "$BPFFS/their_link"
	link=$(link_of "$BPFFS/their_link")
	expect_status 0 load --replace --dry-run v0 objects/xdp_drop.o
	expect_status 0 load --replace v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
	# What is ours by then is of no type either, and replaced all the same.
	expect_status 0 load v0 objects/xdp_pass.o
	runs v0 xdp xdp_pass
	[[ $(link_of "$BPFFS/v0/%links/xdp") == "$link" ]] || fail "another link"
}

test_a_link_that_takes_no_shared_program_is_explained()
{
	make_veth v2
	attach untyped v2 "$BPFFS/their_link"
	expect_status 3 load --shared --link --replace v0 v2 objects/xdp_drop.o
	[[ $errors == *"cannot replace the program on xdp of v2: Invalid argument
  hint: a link is updated only to a program of the same expected attach type"*" the one in link $(link_of "$BPFFS/their_link")"*"unload v2 --hook xdp --id $(prog_id v2) --foreign"* ]] ||
		fail "it says: $errors"
	[[ $errors == *": the one in link "*" has none, program "*" BPF_XDP"* || $errors == *"which this kernel does not tell of"* ]] ||
		fail "it says: $errors"
}

test_a_link_whose_interface_is_gone_gives_way_to_a_new_one()
{
	local old map

	make_veth w0
	load --link w0 objects/xdp_pass.o >/dev/null
	old=$(link_of "$BPFFS/w0/%links/xdp") map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	[[ $(bpftool -j link show pinned "$BPFFS/w0/%links/xdp") != *'"ifindex":'[1-9]* ]] ||
		fail "still on an interface"
	make_veth w0
	expect_status 0 load --link w0 objects/xdp_drop.o
	[[ $errors == *"belonged to an interface that is gone"*"its maps are inherited"* ]] ||
		fail "it says: $errors"
	[[ $(link_of "$BPFFS/w0/%links/xdp") != "$old" ]] || fail "the old link"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	runs w0 xdp xdp_drop
}

test_in_the_place_of_a_dead_link_comes_a_link()
{
	local map

	make_veth w0
	load --link w0 objects/xdp_pass.o >/dev/null
	! attach has tcx_ingress || load --link w0 objects/tc_pass.o >/dev/null
	map=$(map_id "$BPFFS/w0/xdp_stats_map")
	ip link del dev w0
	make_veth w0
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by link in native mode"* ]] || fail "it says: $output"
	if attach has tcx_ingress; then
		expect_status 0 load w0 objects/tc_drop.o
		[[ $output == *"attached by tcx (link "* ]] || fail "it says: $output"
	fi
	bpftool link detach pinned "$BPFFS/w0/%links/xdp"
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by link in native mode"* ]] || fail "it says: $output"
	expect_id "$BPFFS/w0/xdp_stats_map" "$map"
	# And back to netlink.
	unload --all w0 >/dev/null
	expect_status 0 load w0 objects/xdp_drop.o
	[[ $output == *"by netlink in native mode"* && ! -e $BPFFS/w0/%links/xdp ]] || fail "it says: $output"
}

# --- tc

test_in_the_place_of_a_detached_link_comes_one_of_the_same_mode()
{
	load --link -m skb v0 objects/xdp_pass.o >/dev/null
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	[[ -z $(prog_id v0) ]] || fail "not detached"
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $output == *"attached by link in skb mode"* ]] || fail "it says: $output"
	# Unless another one is asked for, which then is the last one.
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	expect_status 0 load -m native v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode"* ]] || fail "it says: $output"
	bpftool link detach pinned "$BPFFS/v0/%links/xdp"
	pin_maps v0 >/dev/null 2>&1 || true
	expect_status 0 load v0 objects/xdp_pass.o
	[[ $output == *"attached by link in native mode"* ]] || fail "it says: $output"
}

test_clsact_is_pref_700_and_its_qdisc_is_made()
{
	expect_status 0 load v0 objects/tc_pass.o
	[[ $output == *"attached by clsact pref 700 handle 1"* ]] || fail "it says: $output"
	tc qdisc show dev v0 | grep -q clsact || fail "no qdisc"
	runs v0 tc_ingress tc_pass
	send 4
	expect_status 0 load v0 objects/tc_drop.o
	[[ -z $errors && $(tc_ids v0 ingress | wc -l) == 1 ]] || fail "beside: $(tc_ids v0 ingress)"
	runs v0 tc_ingress tc_drop
	send 5
	expect_totals v0 "tc_ingress TC_ACT_OK 4" "tc_ingress TC_ACT_SHOT 5"
}

test_egress_has_statistics_of_its_own_and_shares_the_rest()
{
	local flows

	load v0 "$BUILT/hooks.o" --hook xdp >/dev/null
	flows=$(map_id "$BPFFS/v0/flows")
	expect_status 0 load --hook tc_egress v0 "$BUILT/hooks.o"
	[[ $output == *"map flows id $flows reused"* ]] || fail "it says: $output"
	expect_status 0 load --hook tc-ingress v0 objects/tc_pass.o
	expect_status 0 load --hook tc_egress v0 objects/tc_pass.o
	[[ -f "$BPFFS/v0/%egress/tc_stats_map" ]] || fail "no statistics of egress"
	send 2
	send_out 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3"
	expect_status 0 load --hook tc_egress v0 objects/tc_drop.o
	[[ $output == *"tc_stats_map id $(map_id "$BPFFS/v0/%egress/tc_stats_map") reused"* ]] ||
		fail "it says: $output"
	send_out 4
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3" "tc_egress TC_ACT_SHOT 4"
}

# hints_at_tcx: where the kernel has it, and only there.
hints_at_tcx()
{
	if attach has tcx_ingress; then
		[[ $errors == *"--tc tcx"* ]]
	else
		[[ $errors != *"--tc tcx"* ]]
	fi
}

# The kernel takes a filter for egress then, puts it on ingress, and reports success.
test_a_filter_for_egress_is_refused_where_the_qdisc_has_none()
{
	local how

	tc qdisc add dev v0 ingress
	for how in "" --dry-run; do
		# shellcheck disable=SC2086 # $how may be nothing
		expect_fail "it has an ingress qdisc, which has no egress" \
			load $how --hook tc_egress v0 objects/tc_drop.o
		((status == 2)) || fail "status $status"
		[[ $errors == *"tc qdisc del dev v0 ingress && tc qdisc add dev v0 clsact"* ]] ||
			fail "it says: $errors"
		hints_at_tcx || fail "it says: $errors"
		[[ -z $(tc_ids v0 ingress) ]] || fail "on ingress: $(tc_ids v0 ingress)"
	done
	expect_status 0 load --hook tc_ingress v0 objects/tc_pass.o
	attach has tcx_egress || return 0
	expect_status 0 load --tc tcx --hook tc_egress v0 objects/tc_pass.o
	send 2
	send_out 3
	expect_totals v0 "tc_ingress TC_ACT_OK 2" "tc_egress TC_ACT_OK 3"
}

test_tcx_is_refused_before_anything_changes_where_there_is_none()
{
	local id

	! attach has tcx_ingress || skip "needs a kernel without tcx"
	expect_status 0 load v0 objects/tc_pass.o
	id=$(tc_ids v0 ingress)
	expect_status 2 load --link v0 objects/tc_drop.o
	[[ $errors == *"this kernel has no tcx (Linux 6.6)"*"leave out --link"* ]] || fail "it says: $errors"
	[[ $errors != *"packets pass between"* ]] || fail "it tried: $errors"
	expect_status 2 load --tc tcx v0 objects/tc_drop.o
	[[ $errors == *"this kernel has no tcx (Linux 6.6)"*"--tc clsact"* ]] || fail "it says: $errors"
	[[ $(tc_ids v0 ingress) == "$id" ]] || fail "it changed: $(tc filter show dev v0 ingress)"
}

test_tcx_is_replaced_in_its_place()
{
	need_tcx
	expect_status 0 load --tc tcx v0 objects/tc_pass.o
	[[ $output == *"attached by tcx"* ]] || fail "it says: $output"
	[[ -z $(tc_ids v0 ingress) ]] || fail "a filter as well"
	runs v0 tc_ingress tc_pass
	send 3
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by tcx"* && -z $errors ]] || fail "it says: $output$errors"
	runs v0 tc_ingress tc_drop
	send 4
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_ingress TC_ACT_SHOT 4"
	expect_status 0 load --tc clsact v0 objects/tc_pass.o
	[[ $errors == "load: changing tc_ingress of v0 from tcx to clsact cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	runs v0 tc_ingress tc_pass
	send 2
	expect_totals v0 "tc_ingress TC_ACT_OK 5" "tc_ingress TC_ACT_SHOT 4"
}

test_a_tcx_link_is_pinned_and_updated()
{
	local link

	need_tcx
	load v0 objects/tc_pass.o >/dev/null
	expect_status 0 load --link v0 objects/tc_pass.o
	[[ $errors == "load: changing tc_ingress of v0 from clsact to tcx by link cannot be done in one step: packets pass between, "* ]] ||
		fail "it says: $errors"
	[[ -z $(tc_ids v0 ingress) ]] || fail "the filter is still there"
	link=$(link_of "$BPFFS/v0/%links/tc_ingress")
	runs v0 tc_ingress tc_pass
	send 3
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"attached by tcx (link $link)"* ]] || fail "it says: $output"
	runs v0 tc_ingress tc_drop
	send 2
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_ingress TC_ACT_SHOT 2"
	expect_status 0 load --tc clsact v0 objects/tc_drop.o
	[[ ! -e $BPFFS/v0/%links/tc_ingress ]] || fail "the link is still pinned"
	runs v0 tc_ingress tc_drop
}

test_a_clsact_filter_cannot_be_a_link()
{
	expect_status 1 load --tc clsact --link v0 objects/tc_pass.o
	[[ $errors == "load: a filter of clsact cannot be a link"* ]] || fail "it says: $errors"
}

# --- others attach

test_ip_attaches_what_was_prepared()
{
	local id

	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	[[ -z $(prog_id v0) ]] || fail "attached"
	[[ $output == *"prepared at $BPFFS/v0/%progs/xdp/xdp_pass"* ]] || fail "it says: $output"
	ip link set dev v0 xdpgeneric pinned "$BPFFS/v0/%progs/xdp/xdp_pass"
	runs v0 xdp xdp_pass
	send 3
	expect_totals v0 "xdp XDP_PASS 3"
	[[ $(stats v0) != *stale* ]] || fail "stats: $(stats v0)"
	expect_status 0 pin_maps v0
	expect_states "kept xdp xdp_stats_map"
	id=$(prog_id v0)
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"replaced program id $id"*"by netlink in skb mode"* ]] || fail "it says: $output"
	runs v0 xdp xdp_drop
	send 2
	expect_totals v0 "xdp XDP_DROP 2" "xdp XDP_PASS 3"
}

test_tc_attaches_what_was_prepared()
{
	expect_status 0 load --no-attach v0 objects/tc_pass.o
	expect_status 0 load --no-attach --hook tc_egress v0 objects/tc_pass.o
	tc qdisc add dev v0 clsact
	tc filter add dev v0 ingress pref 10 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass"
	tc filter add dev v0 egress pref 10 handle 1 bpf da pinned "$BPFFS/v0/%progs/tc_egress/tc_pass"
	expect_status 0 pin_maps v0
	runs v0 tc_ingress tc_pass
	runs v0 tc_egress tc_pass
	send 3
	send_out 4
	expect_totals v0 "tc_ingress TC_ACT_OK 3" "tc_egress TC_ACT_OK 4"
	expect_status 0 pin_maps v0
	expect_states "kept tc_ingress tc_stats_map" "kept tc_egress tc_stats_map"
	expect_status 0 load v0 objects/tc_drop.o
	[[ $output == *"replaced program id "*"clsact pref 10 handle 1"* ]] || fail "it says: $output"
}

test_what_is_prepared_does_not_disown_what_runs()
{
	local id

	load v0 objects/xdp_pass.o >/dev/null
	id=$(prog_id v0)
	send 2
	expect_status 0 load --no-attach v0 objects/xdp_drop.o
	[[ $(prog_id v0) == "$id" ]] || fail "it was replaced"
	[[ $(stats v0) != *stale* ]] || fail "stats: $(stats v0)"
	expect_status 0 load --no-attach v0 objects/xdp_pass.o
	expect_status 0 load v0 objects/xdp_drop.o
	[[ $output == *"replaced program id $id"* ]] || fail "it says: $output"
	send 3
	expect_totals v0 "xdp XDP_DROP 3" "xdp XDP_PASS 2"
}

# With the name of what runs: that is ours by its pin, which goes on under another name.
test_what_is_prepared_leaves_what_runs_its_pin()
{
	local id prepared tc before

	for tc in clsact $(! attach has tcx_ingress || echo tcx); do
		id=$(load --tc "$tc" v0 objects/tc_pass.o | sed -n 's/.*program tc_pass id //p')
		before="load: program tc_pass (id $id, *), tcx, is on tc_ingress of v0 and runs before *"
		[[ $tc == tcx ]] || before=
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		# shellcheck disable=SC2053 # a pattern
		[[ $errors == $before"load: program $id, which is on tc_ingress of v0, is pinned as \
tc_pass%old-$id now" ]] || fail "it says: $errors"
		prepared=$(sed -n 's/.*program tc_pass id \([0-9]*\).*/\1/p' <<<"$output")
		[[ $(bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$prepared: "* ]] ||
			fail "not prepared"
		[[ $(status v0) == *"ours: loaded by ifbpf"* ]] || fail "$tc: $(status v0)"
		expect_status 0 unload --prepared v0
		[[ $(bpftool prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass") == "$id: "* &&
			$(ls "$BPFFS/v0/%progs/tc_ingress") == tc_pass ]] ||
			fail "not given back: $(ls "$BPFFS/v0/%progs/tc_ingress")"
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		expect_status 0 load --no-attach v0 objects/tc_pass.o
		# shellcheck disable=SC2053 # a pattern
		[[ $(status v0) == *"ours: loaded by ifbpf"* && $errors == $before && $errors != *"is pinned"* ]] ||
			fail "$tc: $(status v0) $errors"
		expect_status 0 load v0 objects/tc_drop.o
		[[ $output == *"replaced program id $id"* ]] || fail "$tc: $output"
		[[ $(ls "$BPFFS/v0/%progs/tc_ingress") == tc_drop ]] ||
			fail "pinned: $(ls "$BPFFS/v0/%progs/tc_ingress")"
		expect_status 0 unload v0
	done
}

test_what_runs_by_netlink_can_be_replaced_without_cap_sys_admin_after_a_preparation()
{
	need capsh
	load -m skb v0 objects/xdp_pass.o >/dev/null
	load --no-attach v0 objects/xdp_pass.o >/dev/null 2>&1
	expect_status 0 capsh --drop=cap_sys_admin -- -c "$PWD/pinning/load v0 objects/xdp_drop.o"
	runs v0 xdp xdp_drop
	load --no-attach v0 objects/xdp_drop.o >/dev/null 2>&1
	expect_status 0 capsh --drop=cap_sys_admin -- -c "$PWD/pinning/unload v0"
	[[ -z $(prog_id v0) ]] || fail "it is still there"
}
