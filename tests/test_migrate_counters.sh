# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/migrate.h: counters are added to those of the new map, and no count is lost or doubled.
# shellcheck disable=SC2154 # $status, $output and $errors are set by run, in lib.sh
. tests/migrate.sh

# shellcheck disable=SC2046
test_counters_are_added_field_by_field_and_zeroed()
{
	local n latest=90 left=50

	maps
	# Without its tag it is a counter like others.
	keeps_tags || latest=140 left=0
	put_count "$OLD/counts" 4 2 1000 7 2 5000000000 50
	put "$NEW/counts" $(le 4 2) value $(le 8 1 2 3 0) 0 0 0 0 0 0 0 0 0 0 0 0 $(le 4 0) $(le 8 90)
	for n in 1 2 3; do
		move counts counter copy reconcile merge
		expect_entry "$NEW/counts" $(le 4 2) -- "$(on_each_cpu "$(new_count 1003 9 '"KIND_BAD"' 5000000001 "$latest")")"
		expect_entry "$OLD/counts" $(le 4 2) -- "$(on_each_cpu "$(old_count 0 0 2 0 "$left")")"
	done
}

# shellcheck disable=SC2046
test_keys_that_the_new_map_lacks_are_made()
{
	maps
	put_count "$OLD/seen" 4 100 5 0 0 6 0
	put_count "$OLD/seen" 4 4000000000 7 0 0 8 0
	move seen counter merge merge
	says "entries=2 moved=2 created=2 left=0"
	expect_entry "$NEW/seen" $(le 8 100) -- "$(on_each_cpu "$(new_count 5 0 '"KIND_NONE"' 6 0)")"
	expect_entry "$NEW/seen" $(le 8 4000000000) -- "$(on_each_cpu "$(new_count 7 0 '"KIND_NONE"' 8 0)")"
}

# has_seen DIR KEYSIZE KEY
# shellcheck disable=SC2046
has_seen() { bpftool map lookup pinned "$1/seen" key $(le "$2" "$3") >/dev/null 2>&1; }

# shellcheck disable=SC2046
test_keys_of_counters_are_there_before_their_counts()
{
	local key

	maps
	for key in 1 2 3 4 5; do
		put_count "$OLD/seen" 4 "$key" 5 0 0 6 0
	done
	migrate run "$OLD/seen" "$NEW/seen" counter copy reconcile touch=/run/copied wait=/run/switched \
		use reconcile merge reconcile merge >/run/report &
	eventually [ -e /run/copied ]
	for key in 1 2 3 4 5; do
		has_seen "$NEW" 8 "$key" || fail "no key $key"
	done
	expect_status 0 bpftool map dump pinned "$NEW/seen"
	[[ $output != *'"packets": 5'* ]] || fail "counted before it is merged: $output"
	bpftool map delete pinned "$OLD/seen" key $(le 4 2) # deleted in the old map
	bpftool map delete pinned "$OLD/seen" key $(le 4 3) # and counted in the new one
	put "$NEW/seen" $(le 8 3) value $(le 8 1) $(le 8 0) $(le 8 1) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 $(le 8 0)
	bpftool map delete pinned "$NEW/seen" key $(le 8 4) # deleted in the new map
	put_count "$OLD/seen" 4 9 7 0 0 8 0 # added in the old one
	touch /run/switched
	wait $!
	output=$(</run/report)
	says "left=0" "deleted=1" "keys_stay=1"
	has_seen "$NEW" 8 2 && fail "a key came back that was deleted from the old map"
	has_seen "$NEW" 8 3 || fail "what was counted is lost"
	has_seen "$NEW" 8 4 && fail "a key came back that was deleted from the new map"
	has_seen "$NEW" 8 5 && has_seen "$NEW" 8 9 || fail "a key is lost"
	[[ $(bpftool map dump pinned "$NEW/seen" | grep -c '"packets": 5') == "$((2 * $(possible_cpus)))" ]] ||
		fail "not as it was: $(bpftool map dump pinned "$NEW/seen")"
}

# Those without a count are content as well.
test_a_key_without_a_count_that_finds_no_room_stays_in_the_old_map()
{
	bpftool map create "$BPFFS/small" type percpu_hash key 4 value 40 entries 60 name small
	bpftool map create "$BPFFS/large" type percpu_hash key 4 value 40 entries 64 name large
	migrate_world number "$BPFFS/large" 64
	expect_status 0 migrate run "$BPFFS/large" "$BPFFS/small" counter copy reconcile use reconcile merge
	says "left=4" "the new map is full"
}

test_the_keys_of_a_million_counters_take_seconds()
{
	local TIMEFORMAT='%U %S' user system map

	for map in old new; do
		bpftool map create "$BPFFS/$map" type percpu_hash key 4 value 8 entries 1000000 name "$map"
	done
	migrate_world number "$BPFFS/old" 1000000
	{
		time expect_status 0 migrate run "$BPFFS/old" "$BPFFS/new" counter copy \
			snapshot="$BPFFS/snapshot" reconcile use reconcile merge
	} 2>/run/time
	read -r user system </run/time
	echo "$user + $system s" >&2
	((${user%.*} + ${system%.*} < ${PATIENCE:-10})) || fail "$user + $system s"
	says "entries=1000000" "moved=1000000" "created=0" "left=0"
}

# shellcheck disable=SC2046
test_counters_of_a_shared_array_go_to_one_cpu()
{
	maps
	put_count "$OLD/shared" 4 1 1000 7 0 2000 0
	move shared counter merge merge
	expect_status 0 bpftool map dump pinned "$NEW/shared"
	[[ $(grep -c '"packets": 1000' <<<"$output") == 1 ]] || fail "not once: $output"
	expect_status 0 migrate run "$NEW/shared" "$OLD/shared" counter merge
	expect_entry "$OLD/shared" $(le 4 1) -- "$(old_count 1000 7 0 2000 0)"
}

# shellcheck disable=SC2046
test_a_counter_too_large_for_its_new_field_stays()
{
	maps
	put "$OLD/narrow" $(le 4 0) value $(le 8 4000000000)
	put "$OLD/narrow" $(le 4 1) value $(le 8 5000000000)
	put "$NEW/narrow" $(le 4 2) value $(le 4 4000000000)
	put "$OLD/narrow" $(le 4 2) value $(le 8 1000000000)
	put "$OLD/narrow" $(le 4 3) value $(le 8 5)
	move narrow counter merge
	says "counters_left=$((2 * $(possible_cpus)))"
	expect_entry "$NEW/narrow" $(le 4 0) -- "$(on_each_cpu 4000000000)"
	expect_entry "$OLD/narrow" $(le 4 0) -- "$(on_each_cpu 0)"
	expect_entry "$NEW/narrow" $(le 4 1) -- "$(on_each_cpu 0)"
	expect_entry "$OLD/narrow" $(le 4 1) -- "$(on_each_cpu 5000000000)"
	expect_entry "$NEW/narrow" $(le 4 2) -- "$(on_each_cpu 4000000000)"
	expect_entry "$OLD/narrow" $(le 4 2) -- "$(on_each_cpu 1000000000)"
	expect_entry "$NEW/narrow" $(le 4 3) -- "$(on_each_cpu 5)"
}

# tallies: the maps of tally1 in OLD, those of tally2 in NEW.
tallies()
{
	migrate load build/tests/bpf/tally1.o "$OLD"
	migrate load build/tests/bpf/tally2.o "$NEW"
}

# old_tally, new_tally KEY NARROWER WIDER SMALL EITHER CUT0 CUT1 TINY: cut[2] and cut[3] are 3 and 4.
# shellcheck disable=SC2046
old_tally()
{
	put "$OLD/tallies" $(le 4 "$1") value $(le 4 "$2") $(le 2 "$3" "$4") $(le 8 "$5") \
		$(le 4 "$6" "$7" 3 4) "$8" $(le 7 0)
}

# shellcheck disable=SC2046
new_tally()
{
	put "$NEW/tallies" $(le 4 "$1") value $(le 8 "$3") $(le 2 "$4" "$2") $(le 4 "$6" "$7") \
		"$8" $(le 3 0) $(le 8 "$5")
}

# sum PIN FIELD KEY: over all CPUs, as bpftool reads it by BTF; of an array its first element.
sum()
{
	bpftool -j map lookup pinned "$1" key "$3" 0 0 0 | sed 's/.*"formatted"//' |
		grep -o "\"$2\":\[*[0-9]*" | awk -F '[:[]+' '{ sum += $2 } END { print sum + 0 }'
}

# expect_tally KEY FIELD=NEW+OLD...: on each CPU.
expect_tally()
{
	local key=$1 pair field found cpus

	cpus=$(possible_cpus)
	for pair in "${@:2}"; do
		field=${pair%=*}
		found="$(sum "$NEW/tallies" "$field" "$key") $(sum "$OLD/tallies" "$field" "$key")"
		pair=${pair#*=}
		[[ $found == "$((${pair%+*} * cpus)) $((${pair#*+} * cpus))" ]] ||
			fail "key $key, $field: $found, expected $pair on each of $cpus CPUs"
	done
}

test_counts_of_16_bits_are_added_and_what_cannot_be_stays()
{
	local n cpus

	attach has exchange || skip "needs programs that compare and exchange: this kernel has none"
	tallies
	cpus=$(possible_cpus)
	old_tally 0 1000 70 30 5 1 2 3
	new_tally 0 2 1 4 0 10 20 0
	# Sums that do not fit, and fields that are set in both.
	old_tally 1 65000 70 65535 5 1 2 3
	new_tally 1 1000 1 1 6 10 20 4
	for n in 1 2 3; do
		move tallies counter merge
		says "counters_left=$((4 * cpus)) cpus_left=0 fields_left=$((2 * cpus))"
		expect_tally 0 narrower=1002+0 wider=71+0 small=34+0 either=5+0 cut=11+0 tiny=3+0
		expect_tally 1 narrower=1000+65000 wider=71+0 small=1+65535 either=6+5 cut=11+0 tiny=4+3
		[[ $(entry "$OLD/tallies" 0 0 0 0) == *'"cut":[0,0,3,4]'* ]] || fail "$(entry "$OLD/tallies" 0 0 0 0)"
	done
	says_row value.either "union.*" "union.*" "kept: cannot be added"
	says "no count is lost or doubled in the fields that are added; of the others"
}

# shellcheck disable=SC2046
test_a_count_of_16_bits_without_a_word_around_it_stays()
{
	tallies
	put "$OLD/last" $(le 4 0) value $(le 2 7)
	move last counter merge
	says "16 bits at the end of a value cannot be added" "fields_left=$(possible_cpus)"
	expect_entry "$OLD/last" $(le 4 0) -- "$(on_each_cpu '{"frames":7}')"
	expect_entry "$NEW/last" $(le 4 0) -- "$(on_each_cpu '{"frames":0}')"
}

test_a_kernel_that_cannot_exchange_keeps_counts_of_16_bits_in_the_old_map()
{
	local load

	tallies
	old_tally 0 1000 70 30 5 0 0 0
	new_tally 0 2 1 4 0 0 0 0
	load=$(first_load)
	old_tally 0 1000 70 30 5 0 0 0
	new_tally 0 2 1 4 0 0 0 0
	with_fault "bpf:error=EINVAL:when=$load" migrate run "$OLD/tallies" "$NEW/tallies" counter merge \
		>/run/out || fail "$(</run/out)"
	grep -q "fields_left=$((2 * $(possible_cpus)))" /run/out || fail "$(</run/out)"
	expect_tally 0 narrower=2+1000 wider=71+0 small=4+30 either=5+0
}

# Which bpf call of a merge of tallies loads its program.
first_load()
{
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=bpf -o /run/trace \
		migrate run "$OLD/tallies" "$NEW/tallies" counter merge >/run/out
	grep -n 'BPF_PROG_LOAD.*"migrate_merge"' /run/trace | head -n 1 | cut -d: -f1
}

# shellcheck disable=SC2046
test_counters_without_btf_are_taken_as_64_bits_each()
{
	local kib32

	bpftool map create "$BPFFS/a" type percpu_array key 4 value 32768 entries 1 name a
	bpftool map create "$BPFFS/b" type percpu_array key 4 value 32768 entries 2 name b
	kib32=$(for ((i = 0; i < 4096; i++)); do echo 1 0 0 0 0 0 0 128; done)
	bpftool map update pinned "$BPFFS/a" key 0 0 0 0 value $kib32
	bpftool map update pinned "$BPFFS/b" key 0 0 0 0 value $(for ((i = 0; i < 4096; i++)); do echo 2 0 0 0 0 0 0 0; done)
	expect_status 0 migrate run "$BPFFS/a" "$BPFFS/b" counter merge merge
	says "each 8 bytes are taken as a counter"
	[[ $(bpftool -j map lookup pinned "$BPFFS/b" key 0 0 0 0 | grep -o '"0x03","0x00","0x00","0x00","0x00","0x00","0x00","0x80"' | wc -l) == $((4096 * $(possible_cpus))) ]] ||
		fail "not each counter was added"
}

# shellcheck disable=SC2046
test_the_counters_of_cpus_that_are_offline_are_merged_from_another()
{
	local load

	[[ $(</sys/devices/system/cpu/possible) == 0-* ]] || skip "needs two CPUs"
	maps
	put_count "$OLD/counts" 4 0 10 0 0 20 0
	echo 0 >/run/online
	mount --bind /run/online /sys/devices/system/cpu/online
	if ! attach has percpu_lookup; then
		move counts counter merge
		expect_left_on_others 10
		return
	fi
	move counts counter merge merge
	says "cpus_left=0"
	expect_entry "$NEW/counts" $(le 4 0) -- "$(on_each_cpu "$(new_count 10 0 '"KIND_NONE"' 20 0)")"
	expect_entry "$OLD/counts" $(le 4 0) -- "$(on_each_cpu "$(old_count 0 0 0 0 0)")"
	# Linux before 5.19 does not load such a program: it is the second that is loaded.
	load=$(second_load)
	put_count "$OLD/counts" 4 0 1 0 0 2 0
	with_fault "bpf:error=EINVAL:when=$load" migrate run "$OLD/counts" "$NEW/counts" counter merge >/run/out ||
		fail "$(</run/out)"
	output=$(</run/out)
	expect_left_on_others 1
}

# expect_left_on_others COUNT: only what CPU 0 had counted was brought over.
expect_left_on_others()
{
	says "cpus_left=$(($(possible_cpus) - 1))"
	[[ $(entry "$OLD/counts" 0 0 0 0) == *'"packets":0'*"\"packets\":$1,"* ]] ||
		fail "$(entry "$OLD/counts" 0 0 0 0)"
}

# Which bpf call of a merge of counts loads the second of its two programs.
second_load()
{
	need strace
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=bpf -o /run/trace \
		migrate run "$OLD/counts" "$NEW/counts" counter merge >/run/out
	grep -n 'BPF_PROG_LOAD.*"migrate_merge"' /run/trace | tail -n 1 | cut -d: -f1
}

test_a_cpu_that_may_not_be_used_is_named()
{
	maps
	put_count "$OLD/counts" 4 0 10 0 0 20 0
	echo "0-$(possible_cpus)" >/run/online
	mount --bind /run/online /sys/devices/system/cpu/online
	mount --bind /run/online /sys/devices/system/cpu/possible
	expect_fail "cannot merge the counters of CPU $(($(possible_cpus) - 1)): Operation not permitted" \
		migrate run "$OLD/counts" "$NEW/counts" counter merge
	says "moved=1"
}

test_a_killed_merge_is_exact_when_it_is_done_again()
{
	local n key

	maps
	for key in {1..40}; do
		put_count "$OLD/seen" 4 "$key" 1 0 0 "$key" 0
	done
	for n in {1..100}; do
		run with_fault "bpf:signal=KILL:when=$n" migrate run "$OLD/seen" "$NEW/seen" counter merge
		((status != 0)) || break
	done
	((status == 0 && n > 50)) || fail "status $status after $n kills"
	for key in {1..40}; do
		# shellcheck disable=SC2046
		expect_entry "$NEW/seen" $(le 8 "$key") -- "$(on_each_cpu "$(new_count 1 0 '"KIND_NONE"' "$key" 0)")"
	done
}

# frames: that have reached v0 from the peer.
frames() { in_peer sed -n 's/^ *v1: *//p' /proc/net/dev | awk '{ print $10 }'; }

# Senders on every CPU, until /run/stop is there. Their frames differ in length.
flood()
{
	local cpu size

	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		size=$((100 + 4 * cpu))
		while [[ ! -e /run/stop ]]; do
			taskset -c "$cpu" nsenter --net=/run/netns/peer build/tests/send v1 "$V0_MAC" 5000 "$size"
			size=$((size < 160 ? size + 10 : 100))
		done &
	done
}

steady()
{
	local before

	before=$(frames)
	sleep 0.1
	[[ $(frames) == "$before" ]]
}

# swap_under_traffic MODE: programs and maps are replaced and merged 50 times.
swap_under_traffic()
{
	local before swapper counts seen senders

	mkfifo /run/ended
	build/tests/migrate_world swap v0 "$1" 50 "$OLD_OBJECT" "$NEW_OBJECT" </run/ended >/run/swap &
	swapper=$!
	exec 8>/run/ended
	eventually grep -q ready /run/swap
	before=$(frames)
	flood
	senders=$(jobs -p | grep -v "^$swapper$")
	eventually grep -q swapped /run/swap || eventually grep -q swapped /run/swap ||
		eventually grep -q swapped /run/swap || fail "no end of swapping"
	touch /run/stop
	# shellcheck disable=SC2086
	wait $senders
	eventually steady
	echo >&8
	wait "$swapper" || fail "$(</run/swap)"
	read -r counts seen < <(tail -n 1 /run/swap)
	echo "$1: $(($(frames) - before)) frames, counts $counts, seen $seen"
	(($(frames) - before > 100000)) || fail "too little traffic"
	((counts == $(frames) - before)) || fail "counts $counts of $(($(frames) - before)) frames"
	((seen == $(frames) - before)) || fail "seen $seen of $(($(frames) - before)) frames"
}

test_fifty_swaps_under_traffic_lose_no_count()
{
	swap_under_traffic skb
}

test_fifty_native_swaps_under_traffic_lose_no_count()
{
	ip link set dev v0 xdpdrv obj objects/xdp_drop.o sec xdp 2>/run/errors ||
		skip "needs native XDP on veth: $(</run/errors)"
	ip link set dev v0 xdpdrv off
	swap_under_traffic native
}
