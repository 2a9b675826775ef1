# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every test starts from, inside its own namespaces:
#
#   this netns                    netns "peer"
#   v0 10.0.0.1/24  <== veth ==>  v1 10.0.0.2/24     BPFFS: private, nothing pinned
#
# Nothing moves on the wire by itself: no IPv6, no ARP, the neighbours are static. So a test
# can expect exactly the frames that it sends.
BPFFS=/sys/fs/bpf
export OBJECT=objects/xdp_pass.o
export LC_ALL=C
V0_MAC=02:00:00:00:00:01
V1_MAC=02:00:00:00:00:02

# A finding of a sanitizer ends a program as a crash does: see expect_status.
export ASAN_OPTIONS=${ASAN_OPTIONS-exitcode=134}
export LSAN_OPTIONS=${LSAN_OPTIONS-exitcode=134}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-halt_on_error=1:exitcode=134:print_stacktrace=1}

# Paths of the tree stay relative: setup mounts it where every user may read it.
setup()
{
	# A bpffs of the machine may lie underneath: a test without bpffs must not find it.
	while umount "$BPFFS" 2>/dev/null; do :; done
	mount -t bpf bpf "$BPFFS"
	mount -t tmpfs -o mode=755 tmpfs /run # netns names and lock files
	mkdir /run/netns /run/ifbpf
	mkdir -m 1777 /run/tmp
	export TMPDIR=/run/tmp
	mount -c --bind . /run/ifbpf # -c: as it is; a path would lead into the new /run
	cd /run/ifbpf
	PATH=$PWD/pinning:$PWD/scripts:$PWD/compat:$PWD/build/tests:$PATH

	ip netns add peer
	add_veth v0 "$V0_MAC" 10.0.0.1 peer v1 "$V1_MAC" 10.0.0.2
}

# add_veth IFNAME MAC ADDRESS NETNS PEER PEER_MAC PEER_ADDRESS: a silent pair of which both ends are
# up and know each other as neighbours. Few processes, as every test begins with this.
add_veth()
{
	ip link add "$1" address "$2" type veth peer name "$5" address "$6" netns "$4"
	open_end "$1" "$3" "$6" "$7"
	# shellcheck disable=SC2016 # the arguments of the inner bash
	nsenter --net="/run/netns/$4" bash -c "$(declare -f no_ipv6 open_end)"'; open_end "$@"' bash \
		"$5" "$7" "$2" "$3"
}

# open_end IFNAME ADDRESS NEIGHBOUR_MAC NEIGHBOUR_ADDRESS
open_end()
{
	no_ipv6 "$1"
	ip -batch - <<-end
		link set dev $1 arp off
		addr add $2/24 dev $1
		link set dev $1 up
		neigh replace $4 lladdr $3 dev $1 nud permanent
	end
}

# Called once for each test by tests/run.sh, in namespaces of its own: FILE NAME.
run_test()
{
	set -eEu
	shopt -s inherit_errexit
	trap 'echo "${BASH_SOURCE[0]}:$LINENO: status $?: $BASH_COMMAND" >&2' ERR
	# shellcheck disable=SC1090 # any test file
	. "$1"
	setup
	"$2"
}

# fail [WHY]: the test fails here. The line named is the one in the test file.
fail()
{
	local frame=1

	while [[ ${BASH_SOURCE[frame]} == */lib.sh ]]; do
		((++frame))
	done
	echo "${BASH_SOURCE[frame]}:${BASH_LINENO[frame - 1]}: ${*:-failed}" >&2
	trap - ERR
	exit 1
}

# skip REASON: the test cannot run here. Call it from the test itself, not from a subshell.
skip()
{
	echo "$*" >&3
	trap - ERR
	exit 77
}

# need COMMAND...: skip unless they are installed.
need()
{
	local command

	for command; do
		type "$command" >/dev/null 2>&1 || skip "needs $command (package $(package_of "$command"))"
	done
}

package_of()
{
	case $1 in
	ip | tc | bridge | ss) echo iproute2 ;;
	xdp-loader | xdp-filter | xdpdump) echo xdp-tools ;;
	ping) echo iputils-ping ;;
	nsenter | setpriv | unshare | flock) echo util-linux ;;
	capsh | setcap) echo libcap2-bin ;;
	script) echo bsdutils ;;
	groff) echo groff-base ;;
	readelf | nm) echo binutils ;;
	llvm-*) echo llvm ;;
	*) echo "$1" ;;
	esac
}

# need_link_type TYPE: skip unless the kernel has network links of this type.
need_link_type()
{
	local err

	err=$(ip link add name needed type "$1" 2>&1) || true
	case $err in
	*"Unknown device type"* | *"Operation not supported"*)
		skip "needs network links of type $1: this kernel has none"
		;;
	esac
	ip link del needed 2>/dev/null || true
}

# kernel_before VERSION: for what cannot be probed.
kernel_before()
{
	[[ $(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1) != "$1" ]]
}

need_tcx() { attach has tcx_ingress || skip "needs tcx: this kernel has none"; }

need_frags()
{
	attach has frags || skip "needs programs for packets of several buffers: this kernel has none"
}

# other_build NAME: of an XDP object, the one for packets of several buffers where the kernel has
# such, else the plain one.
other_build() { echo "objects/$1$(! attach has frags || echo _frags).o"; }

# rename_link OLD NEW: also where the kernel refuses it for what is up, as before 6.2.
rename_link()
{
	! ip link set dev "$1" name "$2" 2>/dev/null || return 0
	ip link set dev "$1" down
	ip link set dev "$1" name "$2"
	ip link set dev "$2" up
}

# json_netns DIR: the cookie in its record as JSON has it; null where the kernel has no cookies.
json_netns()
{
	local cookie

	cookie=$(readlink "$1/%meta" | sed -n 's/.*;netns=\([0-9]*\).*/"\1"/p')
	echo "${cookie:-null}"
}

# eventually COMMAND...: run it until it holds, for at most 10 seconds; $PATIENCE on a slow machine.
eventually()
{
	local pause=0.01 end=$((SECONDS + ${PATIENCE:-10}))

	until "$@"; do
		((SECONDS < end)) || return 1
		sleep "$pause"
		case $pause in
		0.01) pause=0.03 ;;
		0.03) pause=0.1 ;;
		0.1) pause=0.3 ;;
		esac
	done
}

# waits_in_pipe PID: it wants to write into a pipe that is full. Before 5.16 wchan may be empty.
waits_in_pipe()
{
	grep -qs pipe_w "/proc/$1/wchan" || grep -qs pipe_w "/proc/$1/stack"
}

# without_proc COMMAND...: where /proc has nothing but what a sanitizer reads its options from.
without_proc()
{
	# shellcheck disable=SC2016 # for the other shell
	unshare --mount sh -c 'mount -t tmpfs none /proc && mkdir /proc/self &&
		printf "ASAN_OPTIONS=%s:detect_leaks=0\0" "$ASAN_OPTIONS" >/proc/self/environ && exec "$@"' sh "$@"
}

# run COMMAND...: sets $status, $output and $errors (what it printed on stdout and stderr).
run()
{
	local out=/run/run.$BASHPID.${#FUNCNAME[@]} # what runs beside or inside it has another one

	status=0
	"$@" >"$out.output" 2>"$out.errors" </dev/null || status=$?
	output=$(<"$out.output")
	errors=$(<"$out.errors")
}

# expect_status N COMMAND...: it ends with exactly this status; sets what run sets.
expect_status()
{
	local wanted=$1

	shift
	run "$@"
	((status == wanted)) || fail_run "status $status, expected $wanted" "$@"
}

# expect_fail TEXT COMMAND...: it fails, without a crash, and says TEXT on stderr; sets what
# run sets.
expect_fail()
{
	local text=$1

	shift
	run "$@"
	((status != 0)) || fail_run "no failure, expected: $text" "$@"
	((status < 126)) || fail_run "status $status, neither a success nor an error" "$@"
	[[ $errors == *"$text"* ]] || fail_run "status $status, but stderr lacks: $text" "$@"
}

# The failure of a command that run has run: WHY COMMAND...
fail_run()
{
	local why=$1

	shift
	fail "$*: $why
$(sed 's/^/  stdout: /' <<<"$output"; sed 's/^/  stderr: /' <<<"$errors")"
}

# Not 'ip netns exec': it mounts a fresh /sys, which hides bpffs.
in_peer() { nsenter --net=/run/netns/peer "$@"; }

# as_user COMMAND...: without any privilege. A file, not a function of the shell.
as_user()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all \
		--no-new-privs "$@"
}

# with_fault SPEC COMMAND...: strace injects a fault, such as bpf:error=EPERM:when=2 or
# renameat2:signal=KILL:when=1. The leak check of a sanitizer cannot work while traced.
with_fault()
{
	local spec=$1

	shift
	need strace
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -o /dev/null \
		-e "inject=$spec" "$@"
}

# silence IFNAME: before it goes up, so that it sends nothing by itself.
silence()
{
	no_ipv6 "$1"
	ip link set dev "$1" arp off
}

no_ipv6()
{
	local v6=/proc/sys/net/ipv6/conf/$1/disable_ipv6

	[[ ! -e $v6 ]] || echo 1 >"$v6"
}

# gro_helps: a veth takes frames that a native program redirects to its other end if GRO is on; before
# 5.13 only if it has a native program itself.
gro_helps() { ethtool -l v0 >/dev/null 2>&1; }

# take_redirected IFNAME [in_peer|in_other]: make it take them.
take_redirected()
{
	if gro_helps; then
		"${@:2}" ethtool -K "$1" gro on
	else
		"${@:2}" ip link set dev "$1" xdpdrv obj objects/xdp_stub.o sec xdp
	fi
}

# For frames that a native program redirects to v0. What a native program sends back (XDP_TX) needs a
# native program on v1 in any case.
peer_gro() { take_redirected v1 in_peer; }

# send N [SIZE [SOURCE]]: exactly N frames of SIZE bytes (default 100) go from the peer to v0. They
# are of an experimental EtherType: the stack of v0 drops them without an answer.
send() { in_peer "$PWD/build/tests/send" v1 "$V0_MAC" "$@"; }

# send_out N [SIZE]: the same from v0 to the peer.
send_out() { "$PWD/build/tests/send" v0 "$V1_MAC" "$@"; }

# link_xdp IFNAME OBJECT [SECTION]: by stock ip.
link_xdp() { ip link set dev "$1" xdpgeneric obj "$2" sec "${3-xdp}"; }

# link_tc IFNAME ingress|egress OBJECT [SECTION]: by stock tc, replaced if it is there.
link_tc()
{
	tc qdisc show dev "$1" | grep -q clsact || tc qdisc add dev "$1" clsact
	tc filter replace dev "$1" "$2" pref 10 handle 1 bpf da obj "$3" sec "${4-tc}"
}

# map_id PATH: the id of a pinned map.
map_id() { bpftool -j map show pinned "$1" | sed -n 's/^{"id":\([0-9]*\),.*/\1/p'; }

# prog_id IFNAME [NETNS]: the id of the XDP program that is attached; nothing if there is none.
prog_id()
{
	nsenter ${2+--net="/run/netns/$2"} ip -j -d link show dev "$1" |
		sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p'
}

# counter PATH ACTION: packets and bytes that bpftool finds in a pinned statistics map, summed
# over the CPUs; a witness that is not ours. ACTION is a key below 65536.
counter()
{
	local cpu byte shift packets=0 bytes=0

	while read -r cpu; do
		shift=0
		for byte in $cpu; do
			if ((shift < 64)); then
				((packets += byte << shift, 1))
			else
				((bytes += byte << (shift - 64), 1))
			fi
			((shift += 8))
		done
	done < <(bpftool -j map lookup pinned "$1" key $(($2 & 255)) $(($2 >> 8)) 0 0 |
		grep -o '"value":\[[^]]*\]' | sed 's/"value":\[//; s/[],"]/ /g')
	echo "$packets $bytes"
}

# expect_counter PATH ACTION PACKETS BYTES: as bpftool reads it, in the end.
expect_counter()
{
	eventually counter_is "$@" ||
		fail "$1, action $2: $(counter "$1" "$2") packets and bytes, expected $3 $4"
}

counter_is() { [[ $(counter "$1" "$2") == "$3 $4" ]]; }
