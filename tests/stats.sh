# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pins as the tests of stats make them, by bpftool as a rule, so that a test says what is in the
# directory; and what stats then prints.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh

ifindex() { ip -o link show dev "$1" | sed 's/:.*//'; }

# prog_map_id PROGRAM_ID: the map that a program of the store counts in.
prog_map_id() { bpftool -j prog show id "$1" | sed -n 's/.*"map_ids":\[\([0-9]*\)\].*/\1/p'; }

# tc_prog_id IFNAME ingress|egress
tc_prog_id() { tc -j filter show dev "$1" "$2" | sed -n 's/.*"prog":{"id":\([0-9]*\).*/\1/p'; }

# make_dir IFNAME: without a record, as xdp-tutorial's loader makes it.
make_dir() { [[ -d $BPFFS/$1 ]] || mkdir -m 0700 -- "$BPFFS/$1"; }

# pin_xdp IFNAME: pin the map of the XDP program that runs.
pin_xdp()
{
	make_dir "$1"
	bpftool map pin id "$(prog_map_id "$(prog_id "$1")")" "$BPFFS/$1/xdp_stats_map"
}

# pin_tc IFNAME ingress|egress
pin_tc()
{
	local dir=$BPFFS/$1

	make_dir "$1"
	if [[ $2 == egress ]]; then
		dir+=/%egress
		mkdir -m 0700 "$dir"
	fi
	bpftool map pin id "$(prog_map_id "$(tc_prog_id "$1" "$2")")" "$dir/tc_stats_map"
}

# write_record GEN [FIELDS]: v0's, in one step, as ifbpf-bpffs(7) says.
write_record()
{
	local text

	text="v=1;gen=$1;name=v0;ifindex=$(ifindex v0)"
	text+=";nsino=$(stat -L -c %i /proc/self/ns/net);mac=$V0_MAC${2+;$2}"
	ln -s "$text" "$BPFFS/v0/%new"
	mv -T "$BPFFS/v0/%new" "$BPFFS/v0/%meta"
}

# published: what runs on v0's XDP hook, as a record lists it.
published() { echo "xdp=prog:$(prog_id v0),map:$(prog_map_id "$(prog_id v0)")"; }

# replace_xdp: pin the map of the program that runs now, in place of the old one; no record.
replace_xdp()
{
	local pin=$BPFFS/v0/xdp_stats_map

	mv "$pin" "$pin%old-$(map_id "$pin")"
	pin_xdp v0
}

# make_map PATH TYPE KEY VALUE ENTRIES
make_map() { bpftool map create "$1" type "$2" key "$3" value "$4" entries "$5" name made; }

# count PATH SLOT PACKETS BYTES: on each CPU.
count()
{
	# shellcheck disable=SC2046 # words
	bpftool map update pinned "$1" key "$2" 0 0 0 value $(bytes_of "$3") $(bytes_of "$4")
}

bytes_of()
{
	local i

	for i in 0 8 16 24 32 40 48 56; do
		echo $(($1 >> i & 255))
	done
}

# cpus PATH: how many values a slot of a per-CPU map has.
cpus() { bpftool -j map lookup pinned "$1" key 0 0 0 0 | grep -o '"cpu":' | wc -l; }

# expect_output TEXT COMMAND...: it succeeds, silent on stderr, and prints TEXT.
expect_output()
{
	local expected=$1

	shift
	expect_status 0 "$@"
	[[ $output == "$expected" ]] || fail "$*: not what was expected:"$'\n'"$output"
	[[ -z $errors ]] || fail "$*: it says: $errors"
}

# expect_stale true|false|null PROGRAM_ID [COMMAND...]: of v0's only hook.
expect_stale()
{
	local expected="\"program_id\":$2,\"stale\":$1,"

	shift 2
	expect_status 0 "$@" stats --json v0
	[[ $output == *"$expected"* ]] || fail "not $expected: $output"
}

# open_to_all: v0's directory and its pins can be read by everybody.
open_to_all()
{
	chmod 0755 "$BPFFS" "$BPFFS/v0"
	find "$BPFFS/v0" -type f -exec chmod 0444 {} +
}
