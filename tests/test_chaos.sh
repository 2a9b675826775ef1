# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Loaders, readers, editors, stock ip and tc, and gc all at once on several interfaces, many of
# them killed at a random moment. After one more run of each tool: what is on each hook is what
# was loaded, with its pins; no frame went without a program and no count or rule was lost; nothing
# is left over. CHAOS_SEED=N repeats the choices of a run (not its moments), CHAOS_SECONDS=N its length.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/pins.sh

CHAOS_SECONDS=${CHAOS_SECONDS-20}
CHAOS_SEED=${CHAOS_SEED-$((SRANDOM % 32768))}

# v0: by netlink, replaced only; every frame is counted.  w0: by link, with a rule that is always in
# force.  w1: anything may happen.  w2: comes and goes.
pick() { echo "${@:RANDOM % $# + 1:1}"; }

load_v0()
{
	load --on-mismatch "$(pick fresh migrate)" v0 "$BUILT/load_pair$(pick 1 2).o"
}

load_w0()
{
	load --link --on-mismatch migrate w0 "$BUILT/carry$(pick 1 2).o"
}

load_w1()
{
	case $((RANDOM % 8)) in
	0) load --replace w1 "objects/xdp_$(pick pass drop).o" ;;
	1) load --replace --link w1 "objects/xdp_$(pick pass drop).o" ;;
	2) load w1 "objects/tc_$(pick pass drop).o" ;;
	3) load --hook tc_egress w1 "objects/tc_$(pick pass drop).o" ;;
	4) load --tc tcx w1 "objects/tc_$(pick pass drop).o" ;;
	5) load --dry-run --explain --replace w1 objects/xdp_pass.o ;;
	6) load --no-attach w1 objects/xdp_drop.o ;;
	7) load --replace --shared w1 w3 objects/xdp_pass.o ;;
	esac
}

unload_w1()
{
	case $((RANDOM % 3)) in
	0) unload w1 ;;
	1) unload --all w1 ;;
	2) unload --all --purge w1 ;;
	esac
}

stock_w1()
{
	case $((RANDOM % 4)) in
	0) ip -force link set dev w1 xdpdrv obj objects/xdp_pass.o sec xdp ;;
	1) ip link set dev w1 xdp off ;;
	2) link_tc w1 ingress objects/tc_pass.o ;;
	3) tc filter del dev w1 ingress ;;
	esac
}

adopt() { pin_maps "$(pick v0 w0 w1)"; }

collect()
{
	case $((RANDOM % 4)) in
	0) gc ;;
	1 | 2) gc --grace 0 ;;
	3) gc --dry-run ;;
	esac
}

look()
{
	case $((RANDOM % 5)) in
	0) stats ;;
	1) stats --json v0 w0 w1 ;;
	2) status ;;
	3) status --json "$(pick v0 w0 w1)" ;;
	4) reader list "$(pick v0 w0)" ;;
	esac
}

# A rule comes or goes; rules 0 and 3 stay. Which of its two sizes the map has is a guess.
edit()
{
	local key=$((RANDOM % 100 + 10)) rule="1 0 0 0 0 0 0 0"

	case $((RANDOM % 3)) in
	0) bpftool map delete pinned "$BPFFS/w0/deny_list" key "$key" 0 0 0 ;;
	1) rule+=" $rule" ;;&
	*)
		# shellcheck disable=SC2086 # $rule is bytes
		bpftool map update pinned "$BPFFS/w0/deny_list" key "$key" 0 0 0 value $rule
		;;
	esac
}

# w2 is made, used and gone; what it leaves is gc's.
churn()
{
	ip link add name w2 type veth peer name q200
	ip link set dev w2 up
	ip link set dev q200 up
	load w2 objects/xdp_pass.o
	load --link w2 objects/tc_pass.o
	ip link del dev w2
}

frames()
{
	local n=$((RANDOM % 200 + 1))

	send "$n" >&2 && echo "v0 $n" >>"$TMPDIR/sent"
	"$PWD/build/tests/send" q1 "$V0_MAC" "$n" >&2 && echo "w0 $n" >>"$TMPDIR/sent"
}

# bad WHAT: seen by a worker, which goes on; the test fails in the end.
bad()
{
	echo "$*" >>"$TMPDIR/bad"
}

# start WORK STATUS...: again and again until the test ends. STATUS: how it may end, but for a kill.
start()
{
	worker "${#workers[@]}" "$@" &
	workers+=("$!")
}
workers=()

# worker N WORK STATUS...
worker()
{
	local n=$1 work=$2 allowed="${*:3}" runs=0 kills=0 pid status moment log=$TMPDIR/log.$1

	RANDOM=$((CHAOS_SEED + n * 1000))
	mkfifo "$TMPDIR/never.$n"
	exec 8<>"$TMPDIR/never.$n"
	trap - ERR
	set +e
	while [[ ! -e $TMPDIR/stop ]]; do
		printf -v moment '0.%03d' $((RANDOM % 40))
		# A shell between would be killed instead of the tool: its process group is.
		RANDOM_NEXT=$RANDOM setsid bash -c 'RANDOM=$RANDOM_NEXT; . tests/lib.sh; . tests/test_chaos.sh
			veths=100; "$1"' chaos "$work" >"$log" 2>&1 &
		pid=$!
		((++runs))
		if [[ $work != frames && $((RANDOM % 2)) == 0 ]]; then
			read -rt "$moment" -u 8
			kill -KILL -- "-$pid" 2>/dev/null
		fi
		wait "$pid" 2>/dev/null
		status=$?
		if ((status == 137)); then
			((++kills))
		elif [[ " $allowed " != *" $status "* ]]; then
			bad "$work: status $status: $(<"$log")"
		elif grep -q 'cannot tell how a killed' "$log"; then
			bad "$work: $(<"$log")"
		fi
	done
	echo "$runs $kills $work" >>"$TMPDIR/tally"
	exit 0
}

# watcher COMMAND...: runs all the while, and ends well.
watcher()
{
	local log=$TMPDIR/log.$1.$2

	nice -n 10 "$@" >"$log" 2>&1 &
	watchers+=("$!" "$log")
}
watchers=()

# sum_of IFNAME FIELD MAP: over the CPUs, and over what replacements left.
sum_of()
{
	local map

	for map in "$BPFFS/$1/$3" "$BPFFS/$1/$3%old-"*; do
		[[ ! -e $map ]] || bpftool map dump pinned "$map"
	done | awk -v name="\"$2\":" '$1 == name { sum += $2 } END { print sum + 0 }'
}

sent_to() { awk -v to="$1" '$1 == to { n += $2 } END { print n + 0 }' "$TMPDIR/sent"; }

# quiesced IFNAME HOOK FILE...: the program there is one of those, or none; with all its pins.
quiesced()
{
	local ifname=$1 hook=$2 state

	shift 2
	state=$(load_state "$ifname" "$hook" 2>&1) || fail "$ifname $hook: $state"
	[[ " $* " == *" ${state#* } "* ]] || fail "$ifname $hook: '$state' was never loaded"
}

# Each old map is a map that was pinned under that name; and the present ones are no old ones.
expect_old_maps_accounted()
{
	local path id

	while read -r path; do
		id=${path##*%old-}
		[[ $(map_id "$path") == "$id" ]] || fail "$path is map $(map_id "$path")"
		[[ $(map_id "${path%%%old-*}") != "$id" ]] || fail "$path is in use"
	done < <(find "$BPFFS" -name '*%old-*')
}

test_chaos_of_loaders_readers_editors_and_collectors_ends_in_order()
{
	local i runs=0 kills=0 r k

	make_veth w0 w1 w3
	: >"$TMPDIR/sent"
	: >"$TMPDIR/bad"
	load v0 "$BUILT/load_pair1.o" >/dev/null
	load --link w0 "$BUILT/carry1.o" >/dev/null
	bpftool map update pinned "$BPFFS/w0/deny_list" key 0 0 0 0 value 1 0 0 0 0 0 0 0
	bpftool map update pinned "$BPFFS/w0/deny_list" key 3 0 0 0 value 1 0 0 0 7 0 0 0
	watcher reader watch v0 left right
	watcher stats --watch --interval 0.01
	watcher stats --watch --interval 0.01 --json v0 w0
	start load_v0 0
	start load_w0 0
	start load_w1 0 2 3
	start unload_w1 0 2 3
	start stock_w1 0 1 2
	start adopt 0 2 3
	start collect 0
	start look 0 2 3
	start edit 0 254 255
	start churn 0 1 2
	start frames 0
	read -rt "$CHAOS_SECONDS" <> <(:) || true
	: >"$TMPDIR/stop"
	for i in "${workers[@]}"; do
		wait "$i" || fail "a worker failed"
	done
	while read -r r k _; do
		((runs += r, kills += k, 1))
	done <"$TMPDIR/tally"
	echo "killed at $kills of $runs runs, seed $CHAOS_SEED" >&2
	cat "$TMPDIR/tally" >&2
	for ((i = 0; i < ${#watchers[@]}; i += 2)); do
		kill -TERM "${watchers[i]}" 2>/dev/null || true
		wait "${watchers[i]}" || fail "a reader: $(tail -n 5 "${watchers[i + 1]}")"
	done
	[[ ! -s $TMPDIR/bad ]] || fail "$(sort "$TMPDIR/bad" | uniq -c)"

	# One run of each.
	expect_status 0 gc
	for i in v0 w0; do
		expect_status 0 pin_maps "$i"
	done
	for i in w1 w3; do
		run pin_maps "$i"
		[[ $status == [03] || $errors == *"cannot find any BPF program on $i"* ]] ||
			fail_run "status $status" pin_maps "$i"
	done
	# The last that made it may have been stopped before it was gone.
	ip link del dev w2 2>/dev/null || true
	expect_status 0 gc --grace 0
	expect_status 0 stats
	expect_status 0 status
	quiesced v0 xdp load_pair1 load_pair2
	quiesced w0 xdp carry1 carry2
	expect_old_maps_accounted
	[[ -z $(find "$BPFFS/%ifbpf/stage" -mindepth 1) ]] || fail "a stage is left"
	[[ ! -e $BPFFS/w2 ]] || fail "w2 is left: $(find "$BPFFS/w2")"

	# Nothing was lost.
	[[ $(sum_of v0 rx_packets xdp_stats_map) == "$(sent_to v0)" ]] ||
		fail "sent $(sent_to v0), counted $(sum_of v0 rx_packets xdp_stats_map)"
	[[ "$(sum_of w0 passed frames_seen) $(sum_of w0 dropped frames_seen)" == "0 $(sent_to w0)" ]] ||
		fail "sent $(sent_to w0), passed and dropped: $(sum_of w0 passed frames_seen) $(sum_of w0 dropped frames_seen)"
	bpftool map lookup pinned "$BPFFS/w0/deny_list" key 3 0 0 0 >/dev/null || fail "a rule was lost"

	# Each tool does its work as if nothing had been.
	expect_status 0 gc --grace 0
	[[ -z $output ]] || fail "gc found more: $output"
	expect_status 0 load --on-mismatch fresh v0 "$BUILT/load_pair1.o"
	expect_status 0 load --replace w1 objects/xdp_pass.o
	quiesced w1 xdp xdp_pass
	expect_status 0 load --replace w3 objects/xdp_drop.o
	expect_status 0 load w1 objects/tc_pass.o
	for i in v0 w0 w1 w3; do
		run unload --all --purge "$i"
		((status == 0 || status == 3)) || fail_run "status $status" unload "$i"
	done
	expect_status 0 gc --old
	[[ -z $(find "$BPFFS" -name '*%old-*') ]] || fail "left: $(find "$BPFFS" -name '*%old-*'), gc said: $output"
	((runs > 200 && kills > runs / 10)) || fail "only $runs runs, $kills killed"
}
