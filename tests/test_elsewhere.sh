# shellcheck shell=bash
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What runs where no name leads to is seen all the same, before its maps are taken away.
. tests/pins.sh
. tests/build.sh
. tests/carry.sh

# hidden COMMAND...: in the namespace of that name, as long as it has it.
hidden() { nsenter --net=/run/netns/hidden "$@"; }

# hide WAY: a namespace with the interface h0, on which the program of v0 runs that is pinned as
# $BPFFS/v0/%progs/xdp/carry1. It is kept by that alone.
hide()
{
	ip netns add hidden
	hidden ip link add h0 type veth peer name h1
	hidden bash -c '. tests/lib.sh; silence h0; silence h1'
	hidden ip link set dev h0 up
	hidden ip link set dev h1 up
	hidden ip link set dev h0 xdp pinned "$BPFFS/v0/%progs/xdp/carry1"
	keep_by "$1"
	umount -l /run/netns/hidden
	rm /run/netns/hidden
}

keep_by()
{
	mkfifo /run/kept
	case $1 in
	mount)
		touch "/run/a place"
		mount --bind /run/netns/hidden "/run/a place"
		return
		;;
	descriptor)
		exec 6</run/netns/hidden
		return
		;;
	thread)
		python3 -c '
import ctypes, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def stay():
    if libc.setns(os.open("/run/netns/hidden", os.O_RDONLY), 0): os._exit(1)
    os.closerange(3, 9)
    open("/run/kept", "w").close()
    open("/run/free").read()
os.mkfifo("/run/free")
threading.Thread(target=stay).start()' &
		;;
	foreign_mount)
		unshare --mount --propagation private sh -c 'mkfifo /run/free && touch /run/theirs &&
			mount --bind /run/netns/hidden /run/theirs && : >/run/kept && read _ </run/free' &
		;;
	esac
	# Until it is kept.
	: </run/kept
}

# reveal WAY: nothing keeps it any more.
reveal()
{
	case $1 in
	mount) eventually umount "/run/a place" ;; # a tool of another test may look into it
	descriptor) exec 6<&- ;;
	*)
		echo >/run/free
		wait $!
		;;
	esac
}

# expect_open ID: the map takes edits.
expect_open()
{
	bpftool map update id "$1" key 9 0 0 0 value 1 0 0 0 0 0 0 0 || fail "map $1 is closed to edits"
}

migration_leaves_it()
{
	local list said

	load v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list")
	send 10
	hide "$1"
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	for said in deny_list frames_seen; do
		[[ $errors == *"map '$said': h0 (program "*" on xdp) goes on with the old one"* ]] || fail "$1: $errors"
	done
	[[ -e $BPFFS/v0/deny_list%old-$list ]] || fail "$1: not pinned: $(ls "$BPFFS/v0")"
	expect_open "$list"
	expect_seen 0 0
	reveal "$1"
	eventually brought_over || fail "$1: the counts do not come over: $errors"
}

# The kernel takes a namespace apart some time after nobody holds it.
brought_over()
{
	run pin_maps --carry v0
	[[ "$(seen passed) $(seen dropped)" == '10 0' ]]
}

test_a_migration_leaves_it_what_is_mounted() { migration_leaves_it mount; }
test_a_migration_leaves_it_what_is_open() { migration_leaves_it descriptor; }

test_a_migration_leaves_it_what_a_thread_is_in()
{
	need python3
	migration_leaves_it thread
}

test_a_migration_leaves_it_what_is_mounted_for_others() { migration_leaves_it foreign_mount; }

test_nothing_of_it_is_unloaded()
{
	local list prog before

	load --no-attach v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list")
	hide descriptor
	before=$(snapshot)
	prog=$(bpftool -j prog show pinned "$BPFFS/v0/%progs/xdp/carry1" | sed -n 's/^{"id":\([0-9]*\).*/\1/p')
	expect_status 2 unload --prepared --map "$list" v0
	[[ $errors == *"cannot take program $prog back: it is attached to xdp of h0"* ]] || fail "$errors"
	expect_unchanged "$before"
	run unload --all --purge v0
	[[ $errors == *"map 'deny_list' (id $list) stays: h0 (program $prog on xdp) goes on with it"* ]] || fail "$errors"
	expect_id "$BPFFS/v0/deny_list" "$list"
	exec 6<&-
}

# Only a socket keeps the namespace, so that nothing is found but the link; and its interface has
# the number that v0 has.
test_a_link_to_an_interface_of_the_same_number_is_not_ours()
{
	local list index keeper

	load v0 "$BUILT/carry1.o" >/dev/null
	load --no-attach v0 "$BUILT/carry1.o" >/dev/null
	list=$(map_id "$BPFFS/v0/deny_list")
	index=$(cat /sys/class/net/v0/ifindex 2>/dev/null || ip -o link show dev v0 | cut -d : -f 1)
	ip netns add hidden
	hidden ip link add h0 index "$index" type veth peer name h1 index 900
	hidden ip link set dev h0 up
	hidden ip link set dev lo up
	hidden attach link xdp h0 "$BPFFS/v0/%progs/xdp/carry1" "$BPFFS/theirs" >/dev/null
	mkfifo /run/kept /run/free
	# shellcheck disable=SC2016 # for the other shell
	hidden bash -c 'exec 7<>/dev/udp/127.0.0.1/9 && exec nsenter --net=/proc/$1/ns/net \
		sh -c ": >/run/kept && read _ </run/free"' bash $$ &
	keeper=$!
	: </run/kept
	umount -l /run/netns/hidden
	rm /run/netns/hidden
	expect_status 0 load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"map 'deny_list': program "*" (carry1) goes on with the old one: the new one is a copy"* ]] ||
		fail "it says: $errors"
	expect_open "$list"
	echo >/run/free
	wait "$keeper"
}

# without_admin COMMAND...: as who may load and attach, and see no more.
without_admin()
{
	setpriv --inh-caps -all,+bpf,+net_admin,+perfmon \
		--bounding-set -all,+bpf,+net_admin,+perfmon "$@"
}

# rules ENTRIES: an object of that many, in $TMPDIR/built.o.
rules()
{
	build "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, $1);
__type(key, __u32); __type(value, __u64); } rules SEC(\".maps\");
SEC(\"xdp\") int pass(struct xdp_md *ctx) { __u32 key = 1; return bpf_map_lookup_elem(&rules, &key) ? 1 : 2; }"
}

test_without_the_right_to_look_it_is_seen_in_this_namespace()
{
	local list prog

	need setpriv
	rules 8
	load v0 "$TMPDIR/built.o" >/dev/null
	list=$(map_id "$BPFFS/v0/rules") prog=$(prog_id v0)
	make_veth w0
	ip link set dev w0 xdp pinned "$BPFFS/v0/%progs/xdp/pass"
	rules 4
	expect_status 0 without_admin load --on-mismatch migrate v0 "$TMPDIR/built.o"
	[[ $errors == *"map 'rules': w0 (program $prog on xdp) goes on with the old one: the new one is a copy"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/rules%old-$list" "$list"
	expect_open "$list"
}

test_without_the_right_to_look_an_old_map_stays_open_and_has_a_name()
{
	local list

	need setpriv
	rules 8
	load v0 "$TMPDIR/built.o" >/dev/null
	list=$(map_id "$BPFFS/v0/rules")
	bpftool map update pinned "$BPFFS/v0/rules" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	rules 4
	expect_status 0 without_admin load --on-mismatch migrate v0 "$TMPDIR/built.o"
	[[ $errors == *"map 'rules': the old one stays, and open to edits, as a program elsewhere may go on with it"* ]] ||
		fail "it says: $errors"
	expect_id "$BPFFS/v0/rules%old-$list" "$list"
	expect_open "$list"
	[[ $(bpftool map lookup pinned "$BPFFS/v0/rules" key 1 0 0 0) == *'"value": 7'* ]] || fail "no copy"
	[[ ! -e $BPFFS/v0/%carry ]] || fail "not finished"
}

test_without_the_right_to_read_the_types_the_hint_is_to_have_it()
{
	need setpriv
	load v0 "$BUILT/carry1.o" >/dev/null
	expect_status 2 without_admin load --on-mismatch migrate v0 "$BUILT/carry2.o"
	[[ $errors == *"hint: run as root, or with CAP_SYS_ADMIN: "*"hint: or take an empty map in its place"* ]] ||
		fail "it says: $errors"
}

test_rules_that_come_into_force_on_a_sharer_are_said()
{
	local two

	two='BPF_MAP(rules, BPF_MAP_TYPE_HASH, __u32, __u64, 8);
SEC("xdp") int px(struct xdp_md *ctx) { __u32 k = 1; return bpf_map_lookup_elem(&rules, &k) ? 1 : 2; }
SEC("tc/ingress") int pi(struct __sk_buff *ctx) { __u32 k = 1; return bpf_map_lookup_elem(&rules, &k) ? 2 : 0; }'
	build "$two"
	make_veth w0
	load -n px v0 "$TMPDIR/built.o" >/dev/null
	load -n px w0 "$TMPDIR/built.o" >/dev/null
	load -n pi w0 "$TMPDIR/built.o" >/dev/null
	bpftool map update pinned "$BPFFS/w0/rules" key 1 0 0 0 value 7 0 0 0 0 0 0 0
	load --shared -n px --on-mismatch fresh v0 w0 "$TMPDIR/built.o" >/dev/null
	expect_status 0 load -n pi --on-mismatch migrate w0 "$TMPDIR/built.o"
	[[ $(bpftool map lookup pinned "$BPFFS/v0/rules" key 1 0 0 0) == *'"value": 7'* ]] || fail "not added"
	[[ $errors == *"map 'rules': 1 entry of map "*" is in force on v0 as well, with which it is shared"* ]] ||
		fail "it says: $errors"
}
