# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bpf_links: what a link that load made promises, from its pin to the end of its interface.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh
. tests/faults.sh

# link_field PIN FIELD: as bpftool reads it.
link_field() { bpftool -j link show pinned "$1" | sed -n "s/.*\"$2\":\"\?\([^,\"}]*\).*/\1/p"; }

link_exists() { bpftool link show id "$1" >/dev/null 2>&1; }
link_is_gone() { ! link_exists "$1"; }

# runs IFNAME HOOK NAME: and it has its pins.
runs()
{
	local state

	state=$(load_state "$1" "$2") || fail "$1 $2: pins and program do not belong together"
	[[ ${state#* } == "$3" ]] || fail "$1 $2 runs '$state', expected $3"
}

is_free() { [[ -z $(prog_id "$1") ]]; }

XDP=%links/xdp TCX=%links/tc_ingress

# with_links IFNAME: an XDP link and a tcx link of load's.
with_links()
{
	need_tcx
	load --link "$1" objects/xdp_pass.o >/dev/null
	load --tc tcx --link "$1" objects/tc_pass.o >/dev/null
}

test_status_shows_our_links_as_fdinfo_has_them()
{
	local kind pin prog tag

	with_links v0
	expect_status 0 status --links v0
	[[ $(wc -l <<<"$output") == 2 ]] || fail "it says: $output"
	for kind in xdp tcx; do
		pin=$BPFFS/v0/$XDP
		[[ $kind == xdp ]] || pin=$BPFFS/v0/$TCX
		prog=$(link_field "$pin" prog_id)
		tag=$(bpftool -j prog show id "$prog" | sed 's/.*"tag":"\([^"]*\)".*/\1/')
		grep -qFx "v0  link_type $kind  link_id $(link_field "$pin" id)  prog_tag $tag  prog_id $prog  \
ifindex $(ifindex v0)  $pin" <<<"$output" || fail "no $kind: $output"
	done
	# An update shows in them, in place.
	load v0 objects/xdp_drop.o >/dev/null
	status --links v0 | grep -q " link_id $(link_field "$BPFFS/v0/$XDP" id) .* prog_id $(prog_id v0) " ||
		fail "after an update: $(status --links v0)"
}

test_who_holds_a_link_that_nobody_pinned_is_named()
{
	local pid

	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	load_hold v0 "$BPFFS/theirs" &
	pid=$!
	eventually runs_something v0 || fail "load_hold did not attach"
	expect_status 0 status --links v0
	[[ $output == *"  link_type xdp  "*"  held by process load_hold (pid $pid)" ]] || fail "it says: $output"
	expect_status 0 status --json v0
	[[ $output == *'"path":null,"holder":"load_hold (pid '"$pid"')"'* ]] || fail "it says: $output"
	kill "$pid"
	wait "$pid" 2>/dev/null || true
}

runs_something() { [[ -n $(prog_id "$1") ]]; }

test_the_links_of_an_interface_that_is_gone_have_ifindex_0()
{
	local xdp tcx pin

	make_veth w0
	with_links w0
	xdp=$(link_field "$BPFFS/w0/$XDP" id) tcx=$(link_field "$BPFFS/w0/$TCX" id)
	ip link del dev w0
	expect_status 0 status --links w0
	grep -q "^w0  link_type xdp  link_id $xdp .* ifindex 0  $BPFFS/w0/$XDP\$" <<<"$output" &&
		grep -q "^w0  link_type tcx  link_id $tcx .* ifindex 0  $BPFFS/w0/$TCX\$" <<<"$output" ||
		fail "it says: $output"
	# Nobody can update them any more: the next interface of the name gets new ones.
	bpftool prog load objects/xdp_drop.o "$BPFFS/other" type xdp
	expect_fail "Link has been severed" attach update "$BPFFS/w0/$XDP" "$BPFFS/other"
	make_veth w0
	with_links w0
	for pin in "$XDP" "$TCX"; do
		[[ $(link_field "$BPFFS/w0/$pin" id) != "$xdp" && $(link_field "$BPFFS/w0/$pin" id) != "$tcx" ]] ||
			fail "$pin is the old one"
	done
	eventually link_is_gone "$xdp" || fail "link $xdp is still held"
	eventually link_is_gone "$tcx" || fail "link $tcx is still held"
	runs w0 xdp xdp_pass
	runs w0 tc_ingress tc_pass
}

# Only the program that was looked at is replaced: somebody else updates the link just before.
test_an_update_expects_the_old_program()
{
	local hook object pin

	with_links v0
	bpftool prog load objects/xdp_pass.o "$BPFFS/their_xdp" type xdp
	bpftool prog load objects/tc_pass.o "$BPFFS/their_tc" type classifier
	for hook in xdp tc; do
		pin=$BPFFS/v0/$XDP object=objects/xdp_drop.o
		[[ $hook == xdp ]] || pin=$BPFFS/v0/$TCX object=objects/tc_drop.o
		overtaken "others_update_$hook" load v0 "$object"
		[[ $errors == *"load: cannot replace the program on "*" of v0: program ${hook}_pass (id $(pinned_id "$BPFFS/their_$hook"), tag "*") is there now"*"status v0"* ]] ||
			fail "$hook: it says: $errors"
		[[ $errors != *"run as root"* ]] || fail "$hook: it says: $errors"
		[[ $(link_field "$pin" prog_id) == "$(pinned_id "$BPFFS/their_$hook")" ]] || fail "$hook: theirs went"
		grep -q '^  attach  *refused ' <<<"$errors" || fail "no stage: $errors"
	done
}

pinned_id() { bpftool -j prog show pinned "$1" | sed 's/^{"id":\([0-9]*\),.*/\1/'; }

others_update_xdp() { attach update "$BPFFS/v0/$XDP" "$BPFFS/their_xdp"; }
others_update_tc() { attach update "$BPFFS/v0/$TCX" "$BPFFS/their_tc"; }

test_the_pin_is_the_holder_and_without_it_the_program_goes()
{
	local link map

	load --link v0 objects/xdp_pass.o >/dev/null
	link=$(link_field "$BPFFS/v0/$XDP" id) map=$(map_id "$BPFFS/v0/xdp_stats_map")
	send 2
	# A second name is a second holder.
	ln "$BPFFS/v0/$XDP" "$BPFFS/another"
	rm "$BPFFS/v0/$XDP"
	[[ -n $(prog_id v0) ]] || fail "it went with one of two pins"
	link_exists "$link" || fail "the link went"
	rm "$BPFFS/another"
	eventually is_free v0 || fail "it runs without a holder"
	eventually link_is_gone "$link" || fail "link $link is still there"
	# Its maps stay, and the next load goes on with them.
	expect_status 0 load --link v0 objects/xdp_drop.o
	expect_id "$BPFFS/v0/xdp_stats_map" "$map"
	send 3
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 2 200
	expect_counter "$BPFFS/v0/xdp_stats_map" 1 3 300
}

# A tool of another test that looks at all links may have it open for a moment.
is_said_to_hold()
{
	run status v0
	[[ $output == *"link $1, held by process load_hold (pid $2)"* ]]
}

test_when_the_last_process_that_holds_a_link_exits_the_hook_is_free()
{
	local pid link

	bpftool prog load objects/xdp_pass.o "$BPFFS/theirs" type xdp
	load_hold v0 "$BPFFS/theirs" &
	pid=$!
	eventually prog_is_on v0 || fail "load_hold did not attach"
	link=$(status --links v0 | sed -n 's/.*link_id \([0-9]*\) .*/\1/p')
	eventually is_said_to_hold "$link" "$pid" || fail "it says: $output"
	expect_status 2 load --link v0 objects/xdp_drop.o
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	eventually is_free v0 || fail "it is still on"
	eventually link_is_gone "$link" || fail "link $link is still there"
	expect_status 0 load --link v0 objects/xdp_drop.o
	runs v0 xdp xdp_drop
}

prog_is_on() { [[ -n $(prog_id "$1") ]]; }

test_a_detached_link_stays_detached_and_is_replaced_by_the_next_load()
{
	local link

	with_links v0
	link=$(link_field "$BPFFS/v0/$XDP" id)
	bpftool link detach pinned "$BPFFS/v0/$XDP"
	bpftool link detach pinned "$BPFFS/v0/$TCX" 2>/dev/null || true
	is_free v0 || fail "not detached"
	expect_status 0 status --links v0
	grep -q "link_id $link .* ifindex 0 " <<<"$output" || fail "it says: $output"
	expect_status 0 load --link v0 objects/xdp_drop.o
	[[ $(link_field "$BPFFS/v0/$XDP" id) != "$link" ]] || fail "the dead link"
	runs v0 xdp xdp_drop
	expect_status 0 unload v0 --hook xdp
	is_free v0 || fail "not unloaded"
	[[ ! -e $BPFFS/v0/$XDP ]] || fail "its pin is left"
}

# What netlink says in its answer, a link says in a tracepoint alone, which takes a tracefs.
test_a_link_that_is_refused_is_refused_in_the_words_of_the_kernel()
{
	local word

	mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null ||
		skip "needs tracefs: this kernel has none"
	word='Peer MTU is too large to set XDP'
	ip link set dev v0 mtu 9000
	in_peer ip link set dev v1 mtu 9000
	expect_status 2 load --link v0 objects/xdp_pass.o
	[[ $errors != *"mount -t tracefs"* ]] || fail "it is mounted: $errors"
	[[ -d /sys/kernel/tracing/events/xdp/bpf_xdp_link_attach_failed ]] ||
		skip "needs links that are refused with words: this kernel has none"
	[[ $errors == *"cannot attach the program on xdp of v0 (the kernel says: veth: $word)"* ]] ||
		fail "it says: $errors"
	grep -q "^  attach  *refused  *to xdp of v0: veth: $word" <<<"$errors" || fail "no such stage: $errors"
	[[ ! -e $BPFFS/v0/$XDP ]] || fail "a pin is left"
	umount /sys/kernel/tracing
	expect_status 2 load --link v0 objects/xdp_pass.o
	[[ $errors == *"cannot attach the program on xdp of v0: "* && $errors != *"$word"* ]] ||
		fail "without the tracepoint: $errors"
	[[ $errors == *"hint: what the kernel says of a link "*"mount -t tracefs tracefs /sys/kernel/tracing"* ]] ||
		fail "how to have the words: $errors"
	# Netlink says it by itself.
	expect_status 2 load v0 objects/xdp_pass.o
	[[ $errors == *"$word"* && $errors != *tracefs* ]] || fail "it says: $errors"
}
