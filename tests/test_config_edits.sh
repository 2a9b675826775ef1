# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
# What an edit did, as JSON: by one rule for all tools that configure; and what it has to read first.

# told STATUS VERB COMMAND...: the edit ends so, and prints one document that says it.
told()
{
	local wanted=$1 verb=$2

	shift 2
	expect_status "$wanted" "$@"
	[[ $(wc -l <<<"$output") == 1 && $output == '{"schema":"ifbpf.'"$1"'/1","ifname":"v0","ifindex":'*',"stale":'*',"verb":"'"$verb"'","status":'"$wanted"[,\}]* ]] ||
		fail_run "expected one document of $verb" "$@"
	[[ $wanted == 0 || -n $errors ]] || fail_run "it does not say why" "$@"
}

test_each_edit_of_acl_is_told()
{
	load v0 objects/xdp_acl.o >/dev/null
	told 0 add acl v0 -j add 192.0.2.1
	[[ $output == *'"stale":false,'*'"rules_before":0,"rules_after":1}' ]] || fail "$output"
	told 0 add acl v0 -j add --list bad 192.0.2.0/24
	[[ $output == *'"list":{"number":0,"name":"bad",'* ]] || fail "$output"
	told 3 add acl v0 -jk add 192.0.2.9 nonsense
	told 1 add acl v0 -j add nonsense
	told 2 del acl v0 -j del 192.0.2.200
	told 0 policy acl v0 -j policy drop
	printf '192.0.2.5\n' >"$TMPDIR/rules"
	told 0 load acl v0 -j load "$TMPDIR/rules"
	[[ $output == *'"rules_after":1}' ]] || fail "$output"
	told 2 load acl v0 -j load "$TMPDIR/missing"
	told 0 flush acl v0 -j flush --list bad
	told 0 flush acl v0 -j flush
}

test_each_edit_of_ratelimit_is_told()
{
	load v0 objects/xdp_ratelimit.o >/dev/null
	told 0 add ratelimit v0 -j add 192.0.2.0/24 pps 5
	told 1 add ratelimit v0 -j add 192.0.2.0/24 pps none
	told 2 del ratelimit v0 -j del 192.0.3.0/24
	printf '192.0.2.5 pps 1\nnonsense\n' >"$TMPDIR/limits"
	told 3 load ratelimit v0 -jk load "$TMPDIR/limits"
	told 1 load ratelimit v0 -j load "$TMPDIR/limits"
	told 0 flush ratelimit v0 -j flush
}

test_each_edit_of_rewrite_is_told()
{
	load v0 objects/xdp_rewrite.o >/dev/null
	told 0 add rewrite v0 -j add vlan 5 pop
	told 2 add rewrite v0 -j add vlan 5 pop
	told 0 replace rewrite v0 -j replace vlan 5 set vlan 6
	told 0 del rewrite v0 -j del vlan 5
	told 2 del rewrite v0 -j del vlan 5
	printf 'vlan 7 pop\n' >"$TMPDIR/rules"
	told 0 load rewrite v0 -j load "$TMPDIR/rules"
	told 0 flush rewrite v0 -j flush
}

test_each_edit_of_forward_and_chain_is_told()
{
	load v0 objects/xdp_forward.o >/dev/null
	told 0 cache forward v0 -j cache on
	told 1 cache forward v0 -j cache soon
	told 0 exclude forward v0 -j exclude v0
	told 2 exclude forward v0 -j exclude nope
	told 0 include forward v0 -j include v0
	told 0 flush forward v0 -j flush
	unload v0 >/dev/null
	load v0 objects/xdp_chain.o >/dev/null
	load --no-attach v0 objects/xdp_acl.o >/dev/null
	told 0 insert chain v0 -j insert 0 xdp_acl
	told 2 insert chain v0 -j insert 5 xdp_acl
	told 0 del chain v0 -j del 0
	told 1 del chain v0 -j del x
}

test_each_edit_of_redirect_is_told()
{
	add_veth w0 02:00:00:00:00:03 10.0.1.1 peer w1 02:00:00:00:00:04 10.0.1.2
	load v0 objects/xdp_redirect.o >/dev/null
	told 2 on redirect -j v0 w0 02:00:00:00:00:02=02:00:00:00:00:04
	in_peer ethtool -K w1 gro on
	told 0 on redirect -j v0 w0 02:00:00:00:00:02=02:00:00:00:00:04
	[[ $output == *'"on":true,"mode":"devmap","to":"w0",'* ]] || fail "$output"
	told 1 on redirect -j v0 w0 nonsense=
	told 0 off redirect -j v0 off
	[[ $output == *'"on":false,'* ]] || fail "$output"
}

# save_is_list TOOL: as JSON.
save_is_list()
{
	expect_status 0 "$1" -j v0 list
	[[ $output == '{"schema":"ifbpf.'"$1"'/1","ifname":"v0",'* && $(wc -l <<<"$output") == 1 ]] || fail "$output"
	local list=$output
	expect_status 0 "$1" -j v0 save
	[[ $output == "$list" ]] || fail "$1: $output"
}

test_what_is_saved_is_json_where_it_is_asked_for()
{
	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add 192.0.2.1
	save_is_list acl
	load v0 objects/xdp_rewrite.o >/dev/null
	rewrite v0 add vlan 5 pop
	save_is_list rewrite
	load v0 objects/xdp_ratelimit.o >/dev/null
	ratelimit v0 add 192.0.2.0/24 pps 5
	save_is_list ratelimit
}

# Where nothing can be found there is nothing to tell, and without --json nothing changes.
test_an_edit_without_maps_prints_no_document()
{
	expect_status 2 acl nope -j add 192.0.2.1
	[[ -z $output ]] || fail "$output"
	expect_status 2 acl v0 -j add 192.0.2.1
	[[ -z $output ]] || fail "$output"
	load v0 objects/xdp_acl.o >/dev/null
	expect_status 0 acl v0 add 192.0.2.1
	[[ -z $output ]] || fail "$output"
}

# Half the time of an edit went into that, when each map was looked for by itself.
test_a_directory_is_listed_once_for_many_maps()
{
	local calls="$TMPDIR/calls"

	need strace
	load v0 objects/xdp_acl.o >/dev/null
	expect_status 0 acl v0 add --list bad 192.0.2.0/24
	# The flat directory and %egress/, the maps of the rules and those of the lists; a second call
	# finds the end.
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -e trace=getdents64 -o "$calls" \
		acl v0 add --list bad 198.51.100.0/24 || fail "acl failed"
	(($(grep -c getdents64 "$calls") == 8)) || fail "it listed directories: $(<"$calls")"
}
