# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: what it calls a problem is refused by the kernel, and what it calls ok is not.
# shellcheck disable=SC2154 # $output, $errors and $status are set by run, in lib.sh
. tests/pins.sh

# findings PROBE [ARGUMENT...]: "LEVEL WHAT" of each finding of that probe.
findings()
{
	local probe=$1

	shift
	doctor --json "$@" | sed 's/{"level":/\n&/g' |
		sed -n "s/^{\"level\":\"\([a-z]*\)\",\"probe\":\"$probe\",\"what\":\"\([^\"]*\).*/\1 \2/p"
}

# expect_finding PROBE PATTERN [ARGUMENT...]: one of its findings matches, whole.
expect_finding()
{
	local probe=$1 pattern=$2 got

	shift 2
	got=$(findings "$probe" "$@")
	grep -q "^$pattern\$" <<<"$got" || fail "$probe: no '$pattern' in: $got"
}

# with_caps CAPS COMMAND...: as a user with these capabilities and no others, +bpf,+net_admin.
with_caps()
{
	local caps="-all,$1"

	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "$caps" \
		--ambient-caps "$caps" --bounding-set "$caps" "$@"
}

test_where_nothing_fails_it_ends_with_0()
{
	expect_status 0 doctor v0
	[[ $(tail -n 1 <<<"$output") == "0 problems, "* ]] || fail "it says: $output"
	expect_status 0 doctor
	[[ -z $errors ]] || fail "messages without need: $errors"
}

test_json_is_one_document_with_all_that_text_shows()
{
	local text

	expect_status 0 doctor v0
	text=$output
	expect_status 0 doctor --json v0
	[[ $(wc -l <<<"$output") == 1 && $output == '{"schema":"ifbpf.doctor/1","ifname":"v0",'* ]] ||
		fail "it says: $output"
	diff <(grep -E '^(ok|info|warning|problem) ' <<<"$text" | sed 's/^\([a-z]*\) */\1 /') \
		<(findings '[a-z0-9_]*' v0 | sed 's/\\//g') || fail "the findings differ"
	[[ $(grep -c '^           seen: ' <<<"$text") == $(findings '[a-z0-9_]*' v0 | wc -l) ]] ||
		fail "a finding without evidence: $text"
}

test_without_proc_that_is_the_problem_and_what_helps_is_said()
{
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 2 without_proc "$PWD/pinning/doctor" v0
	if kernel_before 5.14; then # its namespaces have no cookies
		[[ $errors == *"cannot find interface v0: "*"mount -t proc proc /proc"* ]] || fail "it says: $errors"
		return
	fi
	[[ $output == *"
problem  pins can neither be made nor opened: there is no /proc
           seen: /proc/self/fd: No such file or directory
           type: mount -t proc proc /proc
"* ]] || fail "it says: $output"
	# A sanitizer misses its own name there.
	[[ $(tail -n 1 <<<"$output") == "1 problem, "* && -z $(grep -v '^==[0-9]*==WARNING: ' <<<"$errors") ]] ||
		fail "and what follows from it: $output$errors"
}

test_missing_capabilities_are_told_for_each_verb()
{
	expect_status 2 as_user "$PWD/pinning/doctor"
	grep -q '^problem  *pin will fail without cap_sys_admin$' <<<"$output" ||
		fail "pin: $output"
	grep -q '^problem  *load will fail without cap_bpf cap_net_admin$' <<<"$output" || fail "load: $output"
	grep -q '^problem  *load of programs that subtract .* will fail without cap_perfmon$' <<<"$output" ||
		fail "load: $output"
	run with_caps +bpf,+net_admin,+perfmon "$PWD/pinning/doctor"
	grep -q '^warning  *load does less without cap_sys_admin: ' <<<"$output" ||
		fail "load: $output"
	expect_finding capabilities "ok every verb .*"
}

# without_admin COMMAND...: as root without CAP_SYS_ADMIN, and without what else is named first.
without_admin()
{
	capsh --drop="$1" -- -c 'exec "$@"' sh "${@:2}"
}

test_the_capabilities_of_unload_are_those_that_it_fails_without()
{
	local caps

	need capsh
	for caps in cap_sys_admin cap_sys_admin,cap_bpf cap_sys_admin,cap_net_admin; do
		load v0 objects/xdp_pass.o >/dev/null
		run without_admin "$caps" pinning/doctor
		if [[ $caps == cap_sys_admin ]]; then
			grep -q '^warning  *unload does less without cap_sys_admin: only what load put there' <<<"$output" ||
				fail "$caps: $output"
			! grep -q '^problem  *unload' <<<"$output" || fail "$caps: $output"
			expect_fail "Operation not permitted" without_admin "$caps" pinning/unload --purge v0
			expect_status 0 without_admin "$caps" pinning/unload v0
			[[ -z $(prog_id v0) ]] || fail "it is still on"
		else
			grep -q "^problem  *unload will fail without ${caps#*,}\$" <<<"$output" || fail "$caps: $output"
			expect_status 2 without_admin "$caps" pinning/unload v0
		fi
	done
}

test_the_capabilities_of_load_are_those_that_the_kernel_asks_for()
{
	local caps

	ulimit -l unlimited 2>/dev/null || true # which counts before 5.11
	chmod 0755 "$BPFFS"
	mkdir -m 0777 "$BPFFS/users"
	for caps in +net_admin,+perfmon +bpf,+net_admin; do
		run with_caps "$caps" bpftool prog load objects/xdp_pass.o "$BPFFS/users/no" type xdp
		((status != 0)) || fail "it loads with $caps alone"
	done
	with_caps +bpf,+net_admin,+perfmon bpftool prog load objects/xdp_pass.o \
		"$BPFFS/users/yes" type xdp || fail "it does not load with all that doctor names"
	# What only passes needs no more than the two that doctor names for every program.
	with_caps +bpf,+net_admin bpftool prog load "$BUILT/carry1.o" "$BPFFS/users/plain" type xdp ||
		fail "a plain program does not load with CAP_BPF and CAP_NET_ADMIN"
}

test_a_private_sys_is_a_problem()
{
	[[ -z $(findings bpffs_mounts | grep '^problem') ]] || fail "$(findings bpffs_mounts)"
	expect_status 2 unshare --mount bash -c 'mount -t sysfs peer /sys && doctor'
	grep -q '^problem  *this shell has a /sys of its own' <<<"$output" || fail "it says: $output"
}

test_mounts_and_modes_are_told()
{
	expect_finding bpffs_mode "warning any user can make .*"
	chmod 0711 "$BPFFS"
	expect_finding bpffs_mode "ok only root can make names .*"
	expect_finding bpffs_mounts "ok one BPF filesystem .*"
	mkdir /run/second
	mount -t bpf bpf /run/second
	expect_finding bpffs_mounts "info 2 BPF filesystems .*"
	doctor | grep -q "seen: .*/run/second (device" || fail "which ones? $(doctor)"
	umount /run/second "$BPFFS"
	expect_finding bpffs_mounts "info no BPF filesystem .*"
	IFBPF_BPFFS=/run/second expect_finding bpffs_mounts "problem there is no .*"
}

test_who_sees_the_mount_is_told()
{
	# That of a test is its own; PID 1 is outside.
	expect_finding bpffs_viewers "warning PID 1 sees another .*"
	doctor | grep -q "seen: [0-9]* of [0-9]* mount namespaces have $BPFFS" || fail "$(doctor)"
}

test_the_home_namespace_is_told()
{
	pin_maps v0 2>/dev/null || true
	link_xdp v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	expect_finding bpffs_home "ok this is the home namespace: pins lie at $BPFFS/IFNAME"
	in_peer ip link set dev v1 xdpgeneric obj objects/xdp_pass.o sec xdp
	pin_maps --netns peer v1 >/dev/null
	expect_finding bpffs_home "info this is not the home .* at $(dirname \
		"$(find "$BPFFS/%ifbpf/ns" -name v1)")/IFNAME" --netns peer v1
}

test_a_directory_xdp_is_a_trap()
{
	expect_finding bpffs_xdp "ok no directory .*"
	mkdir "$BPFFS/xdp"
	expect_finding bpffs_xdp "warning .* XDP and tc objects that share a map by name get two"
	rmdir "$BPFFS/xdp"
	link_xdp v0 objects/pinned/xdp_pass.o
	[[ -L $BPFFS/xdp ]] || fail "ip made no symlink: $(ls -l "$BPFFS")"
	expect_finding bpffs_xdp "ok ip and tc pin in one global directory"
}

test_what_a_killed_run_left_is_told()
{
	link_xdp v0 objects/xdp_pass.o
	with_fault renameat2:signal=KILL:when=1 pin_maps v0 || true
	[[ -n $(ls "$BPFFS/%ifbpf/stage") ]] || fail "it left nothing"
	expect_finding bpffs_stage "info a run was killed; .*"
	pin_maps v0 >/dev/null 2>&1
	[[ -z $(findings bpffs_stage) ]] || fail "it is still told: $(findings bpffs_stage)"
}

test_kernel_features_are_those_that_work()
{
	local tcx=info frags=info btf=warning

	mkdir "$BPFFS/tried"
	bpftool prog load objects/tc_pass.o "$BPFFS/tried/tc" type tc
	! attach link tcx_ingress v0 "$BPFFS/tried/tc" "$BPFFS/tried/tcx" || tcx=ok
	! bpftool prog load objects/xdp_pass_frags.o "$BPFFS/tried/frags" || frags=ok
	[[ ! -r /sys/kernel/btf/vmlinux ]] || btf=ok
	expect_finding tcx "$tcx .*"
	expect_finding xdp_frags "$frags .*"
	expect_finding btf "$btf .*"
	expect_finding kernel "ok .*"
	expect_finding memlock "ok .*"
	# A path_fd is in no answer of bpftool: the version has to do.
	[[ $(printf '%s\n' 6.5 "$(uname -r)" | sort -V | head -n 1) != 6.5 ]] ||
		expect_finding path_fd "ok .*"
}

test_an_old_kernel_is_told_from_a_refusal()
{
	run with_fault bpf:error=EINVAL doctor
	grep -q '^info  *no tcx (6.6)' <<<"$output" && grep -q '^info  *no path_fd (6.5)' <<<"$output" &&
		grep -q '^info  *no xdp.frags (5.18)' <<<"$output" || fail "EINVAL: $output"
	run with_fault bpf:error=EPERM doctor
	grep -q '^info  *cannot tell whether the kernel has tcx' <<<"$output" &&
		grep -q '^info  *cannot tell whether the kernel has xdp.frags' <<<"$output" ||
		fail "EPERM: $output"
	# SO_NETNS_COOKIE is the only option that is asked for.
	run with_fault getsockopt:error=ENOPROTOOPT doctor
	grep -q '^info  *network namespaces have no cookies' <<<"$output" || fail "cookies: $output"
}

test_how_iproute2_was_built_is_told()
{
	expect_finding tc "ok tc loads objects by libbpf"
	mkdir /run/legacy
	printf '#!/bin/sh\necho "tc utility, iproute2-6.1.0"\n' >/run/legacy/tc
	chmod +x /run/legacy/tc
	PATH=/run/legacy:$PATH expect_finding tc "warning tc loads only objects of the old dialect.*"
}

test_the_mtu_is_judged_as_the_kernel_does()
{
	local mtu=1500 step

	for step in 1024 512 256 128 64 32 16 8 4 2 1; do
		in_peer ip link set dev v1 mtu $((mtu + step))
		! ip link set dev v0 xdpdrv obj objects/xdp_pass.o sec xdp 2>/dev/null ||
			mtu=$((mtu + step))
		ip link set dev v0 xdp off
	done
	in_peer ip link set dev v1 mtu "$mtu"
	expect_finding veth_peer "ok packets fit a page: .*" v0
	in_peer ip link set dev v1 mtu $((mtu + 1))
	expect_finding veth_peer "problem packets do not fit a page: .*" v0
	expect_status 2 doctor v0
	attach has frags || return 0
	ip link set dev v0 xdpdrv obj objects/xdp_pass_frags.o sec xdp.frags ||
		fail "a program for fragments is refused at MTU $((mtu + 1))"
}

test_fewer_queues_than_the_peer_has_are_a_problem()
{
	ip link add a1 numrxqueues 1 numtxqueues 1 type veth peer name a2 numrxqueues 2 numtxqueues 2
	ethtool -l a2 >/dev/null 2>&1 || skip "needs veth interfaces whose queues can be set: this kernel has none"
	ethtool -L a2 rx 1 tx 1
	[[ -z $(findings veth_peer a1 | grep '^problem') ]] || fail "at first: $(findings veth_peer a1)"
	ethtool -L a2 rx 2 tx 2
	expect_finding veth_peer "problem native XDP will be refused: .*" a1
	run ip link set dev a1 xdpdrv obj objects/xdp_pass.o sec xdp
	((status != 0)) || fail "the kernel takes it"
	eval "$(doctor a1 | sed -n 's/^ *type: \(ethtool -L a2 .*\)/\1/p')"
	ip link set dev a1 xdpdrv obj objects/xdp_pass.o sec xdp || fail "what to type did not help"
}

test_a_veth_peer_in_another_namespace_is_looked_at()
{
	expect_finding veth_peer "warning its peer drops .*" v0
	if gro_helps; then
		peer_gro
		expect_finding veth_peer "info its peer has GRO but no native program: .*" v0
	fi
	in_peer ip link set dev v1 xdpdrv obj objects/xdp_pass.o sec xdp
	expect_finding veth_peer "ok its peer has a native program: .*" v0
}

test_what_the_other_end_leaves_to_a_device_is_told()
{
	local typed

	expect_finding veth_peer "warning TCP and UDP from its peer have wrong checksums where native XDP .*" v0
	doctor v0 | grep -q 'seen: peer v1: tx-checksumming on, tcp-segmentation-offload on' ||
		fail "$(doctor v0)"
	doctor -j v0 | grep -q '"probe":"veth_peer","what":"TCP and UDP from its peer [^{]*"type":"ethtool -K v1 tx off"' ||
		fail "$(doctor -j v0)"
	typed=$(doctor v0 | sed -n 's/^ *type: \(ethtool -K .* tx off\)$/\1/p')
	link_xdp v0 "$OBJECT"
	expect_finding veth_peer "warning TCP from its peer stalls where generic XDP .*" v0
	[[ $(doctor v0 | sed -n 's/^ *type: \(ethtool -K .* tx off\)$/\1/p') == "$typed" ]] ||
		fail "$(doctor v0)"
	in_peer bash -c "$typed" >/dev/null
	expect_finding veth_peer "ok what its peer sends can be redirected by generic XDP" v0
	ip link set dev v0 xdpgeneric off
	expect_finding veth_peer "ok what its peer sends can be redirected by native XDP" v0
	hide_netns peer
	expect_finding veth_peer "info what its peer sends by TCP is lost where XDP .*" v0
}

test_driver_and_offloads_are_told()
{
	if attach has xdp_features; then
		expect_finding driver "ok the driver has native XDP.*" v0
		doctor v0 | grep -q 'seen: driver veth; XDP features: basic ' || fail "$(doctor v0)"
		expect_finding driver "problem the driver has no native XDP: .*" lo
		expect_status 2 doctor lo
	else
		expect_finding driver "info cannot tell whether the driver has native XDP (from 6.3)" v0
	fi
	expect_status 2 load lo objects/xdp_pass.o
	load -m skb lo objects/xdp_pass.o >/dev/null
	! attach has xdp_features || expect_finding driver "warning the driver has no native XDP: .*" lo
	expect_status 0 load lo objects/xdp_pass.o
	expect_finding vlan_offload "info XDP does not see VLAN tags that its peer adds, .*" v0
	ethtool -K v0 rxvlan off
	expect_finding vlan_offload "info XDP does not see VLAN tags that its peer adds, .*" v0
	in_peer ethtool -K v1 txvlan off
	expect_finding vlan_offload "ok .*" v0
	expect_finding lro "ok .*" v0
	expect_finding gro_hw "ok .*" v0
}

test_a_port_of_a_bond_is_told()
{
	need_link_type bond
	ip link add b0 type bond mode active-backup
	make_veth w0
	ip link set dev w0 down
	ip link set dev w0 master b0
	if attach has xdp_features; then
		expect_finding bond "ok this mode of bonding has native XDP" b0
	else
		expect_finding bond "info this mode of bonding has native XDP from Linux 5.15, .*" b0
	fi
	expect_finding bond "warning it is a port of the bond b0: .*" w0
	ip link set dev b0 xdpdrv obj objects/xdp_pass.o sec xdp 2>/dev/null ||
		skip "needs bonds with native XDP: this kernel has none"
	expect_finding bond "problem b0 has an XDP program: .*" w0
	run ip link set dev w0 xdpdrv obj objects/xdp_pass.o sec xdp
	((status != 0)) || fail "the kernel takes it"
}

test_stale_and_foreign_pins_are_told()
{
	expect_finding pins "ok nothing runs, .*" v0
	link_xdp v0 objects/xdp_pass.o
	expect_finding pins "problem program $(prog_id v0) (xdp_pass) on xdp is foreign: .*" v0
	expect_status 2 load v0 objects/xdp_pass.o
	pin_maps v0 >/dev/null
	expect_finding pins "ok the pins are those of what runs" v0
	ip -force link set dev v0 xdpgeneric obj objects/xdp_drop.o sec xdp
	expect_finding pins "warning the pin of xdp_stats_map is stale: .*" v0
	expect_finding pins "warning xdp: program $(prog_id v0) runs there, .*" v0
	pin_maps v0 >/dev/null
	expect_finding pins "info a map is pinned in vain: a replacement left it" v0
}

test_a_directory_that_pin_refuses_is_a_problem()
{
	mkdir "$BPFFS/v0"
	chown 65534 "$BPFFS/v0"
	link_xdp v0 objects/xdp_pass.o
	expect_status 2 doctor v0
	grep -q '^problem  *its directory of pins cannot be used' <<<"$output" || fail "$output"
	grep -q "seen: $BPFFS/v0 is a directory of uid 65534" <<<"$output" || fail "$output"
	expect_status 2 pin_maps v0
}

# as_doctor_says PLACE: doctor names it as a problem, and load is refused.
as_doctor_says()
{
	expect_status 2 doctor v0
	grep -q "^problem  *${1##*/} cannot be used: pin, load" <<<"$output" || fail "$1: $output"
	grep -q "seen: $1 is " <<<"$output" || fail "$1: $output"
	expect_status 2 load v0 objects/xdp_pass.o
}

test_whatever_stands_in_the_way_of_writers_is_a_problem()
{
	local place

	mkdir "$BPFFS/%ifbpf"
	chown 65534 "$BPFFS/%ifbpf"
	as_doctor_says "$BPFFS/%ifbpf"
	rmdir "$BPFFS/%ifbpf"
	load v0 objects/xdp_pass.o >/dev/null
	expect_status 0 doctor v0
	for place in %ifbpf/stage %ifbpf/lock v0/%lock v0/%egress v0/%progs v0/%progs/xdp; do
		mv "$BPFFS/$place" "$BPFFS/moved"
		ln -s "$BPFFS/moved" "$BPFFS/$place"
		as_doctor_says "$BPFFS/$place"
		rm "$BPFFS/$place"
		bpftool map create "$BPFFS/$place" type array key 4 value 4 entries 1 name other
		as_doctor_says "$BPFFS/$place"
		rm "$BPFFS/$place"
		mv "$BPFFS/moved" "$BPFFS/$place"
		expect_status 0 doctor v0
	done
	expect_status 0 load v0 objects/xdp_pass.o
}

test_a_directory_where_a_pin_belongs_is_a_problem()
{
	load v0 objects/xdp_pass.o >/dev/null
	mkdir "$BPFFS/v0/%progs/xdp/other"
	expect_status 2 doctor v0
	grep -q '^problem  *%progs/xdp/other is in the way: pin and load will fail' <<<"$output" || fail "$output"
	grep -q "type: see what it is, then: rmdir '$BPFFS/v0/%progs/xdp/other'" <<<"$output" || fail "$output"
	rmdir "$BPFFS/v0/%progs/xdp/other"
	expect_status 0 doctor v0
}

# Capabilities alone do not open what is root's.
test_directories_of_root_are_a_problem_for_others_and_no_guess_is_made_behind_them()
{
	local caps=+bpf,+net_admin,+perfmon,+sys_admin prog

	load v0 objects/xdp_pass.o >/dev/null
	prog=$(prog_id v0)
	expect_status 2 with_caps "$caps" load v0 objects/xdp_pass.o
	expect_status 2 with_caps "$caps" doctor v0
	grep -q '^problem  *this user cannot write in %ifbpf: pin, load, unload and gc will fail$' <<<"$output" ||
		fail "it says: $output"
	grep -q "seen: $BPFFS/%ifbpf has mode 0711, owner uid 0; we are uid 65534" <<<"$output" || fail "it says: $output"
	grep -q "^info  *cannot tell whose program $prog (xdp_pass) on xdp is$" <<<"$output" || fail "it says: $output"
	[[ $output != *foreign* ]] || fail "it says: $output"
	expect_status 0 with_caps "$caps" status v0
	[[ $output != *foreign* && $errors == *"cannot be read: they are root's"* ]] || fail "status says: $output$errors"
	load --link v0 objects/xdp_pass.o >/dev/null 2>&1
	expect_status 2 with_caps "$caps" doctor v0
	[[ $output != *foreign* ]] || fail "of a link: $output"
	unload v0 >/dev/null
	load v0 objects/xdp_pass.o >/dev/null
	# What others have of it can be seen all the same.
	bpftool prog load objects/xdp_drop.o "$BPFFS/theirs" type xdp
	ip -force link set dev v0 xdpdrv pinned "$BPFFS/theirs"
	chmod 666 "$BPFFS/theirs"
	expect_status 2 with_caps "$caps" doctor v0
	grep -q "^problem  *program $(prog_id v0) (xdp_drop) on xdp is foreign: " <<<"$output" || fail "it says: $output"
	# Root can write everywhere, with the capability for that.
	expect_status 2 doctor v0
	[[ $output != *"cannot write"* ]] || fail "it says: $output"
}

test_a_killed_run_that_nobody_can_finish_is_a_problem()
{
	load --netns peer v1 objects/xdp_pass.o >/dev/null
	with_fault renameat:signal=KILL:when=1 load --netns peer v1 objects/xdp_drop.o >/dev/null 2>&1 || true
	[[ -n $(ls "$BPFFS/%ifbpf/stage") ]] || fail "it left nothing"
	expect_finding bpffs_stage "info a run was killed; .*"
	hide_netns peer
	expect_finding bpffs_stage "problem a run was killed, and nobody can tell .* of v1 will fail"
	expect_status 2 doctor
	grep -q 'type: gc --stages, once nothing of it is wanted' <<<"$output" || fail "it says: $output"
	gc --stages >/dev/null
	expect_status 0 doctor
}

test_what_is_advised_about_pins_in_vain_helps()
{
	load v0 objects/xdp_pass.o >/dev/null
	unload v0 >/dev/null
	expect_finding pins "info a map is pinned in vain: no attached program uses it" v0
	doctor v0 | grep -q 'type: unload --all --purge v0, ' || fail "$(doctor v0)"
	expect_status 0 unload --all --purge v0
	[[ -z $(findings pins v0 | grep 'in vain') ]] || fail "$(findings pins v0)"
}

# advised PATTERN: what doctor says is to be typed about v0, up to the first comma.
advised() { doctor v0 | grep -A 2 "^[a-z]*  *$1" | sed -n 's/^ *type: \([^,]*\).*/\1/p'; }

# relinked OBJECT: stock ip puts another program on v0, with maps of its own.
relinked()
{
	ip -force link set dev v0 xdpgeneric obj "$1" sec xdp
	pin_maps v0 >"$TMPDIR/pinned" 2>&1
}

test_what_old_maps_alone_hold_is_not_in_vain()
{
	local remedy

	link_xdp v0 objects/xdp_acl.o
	pin_maps v0 >/dev/null
	acl v0 add 10.9.0.8
	send 5
	relinked objects/xdp_acl.o
	grep -q 'rules or settings of what ran before are out of force: .* acl_rules' "$TMPDIR/pinned" &&
		grep -q 'hint: bring them over: pin_maps --carry v0' "$TMPDIR/pinned" || fail "$(<"$TMPDIR/pinned")"
	expect_finding pins "warning 3 maps that gave way to another one hold rules or settings which are out of force" v0
	expect_finding pins "info [0-9]* maps* that gave way to another one holds* what nothing else has" v0
	[[ -z $(doctor v0 | grep 'type: gc --old *$') ]] || fail "$(doctor v0)"
	remedy=$(advised "3 maps that gave way")
	[[ $remedy == "pin_maps --carry v0" && $(advised "[0-9]* maps* that gave way.*nothing else") == "$remedy" ]] ||
		fail "$(doctor v0)"
	# shellcheck disable=SC2086 # words
	expect_status 0 $remedy
	expect_finding pins "ok the pins are those of what runs" v0
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	[[ $(acl v0) == *"deny   src   10.9.0.8 "* ]] || fail "$(acl v0)"
}

test_what_old_maps_hold_comes_over_where_nothing_runs_any_more()
{
	local remedy

	load -m skb v0 objects/xdp_pass.o >/dev/null
	send 5
	relinked objects/xdp_pass.o
	ip link set dev v0 xdpgeneric off
	remedy=$(advised "1 map that gave way")
	[[ $remedy == "load v0 OBJECT && pin_maps --carry v0" ]] || fail "$(doctor v0)"
	load -m skb v0 objects/xdp_pass.o >/dev/null
	pin_maps --carry v0 >/dev/null
	expect_counter "$BPFFS/v0/xdp_stats_map" 2 5 500
	[[ -z $(findings pins v0 | grep -E 'gave way|vain') ]] || fail "$(findings pins v0)"
}

test_an_old_map_that_a_program_goes_on_with_is_not_in_vain()
{
	load v0 "$BUILT/carry1.o" >/dev/null
	load v0 "$BUILT/tc_carry1.o" >/dev/null
	send 1
	load --on-mismatch migrate v0 "$BUILT/carry2.o" >/dev/null
	expect_finding pins "info 2 maps of attached programs gave way to another one of its name" v0
	[[ -z $(doctor v0 | grep 'gc --old') ]] || fail "$(doctor v0)"
}

test_what_is_advised_about_a_program_that_does_not_run_helps()
{
	local way remedy

	for way in loaded adopted; do
		if [[ $way == loaded ]]; then
			load v0 objects/xdp_pass.o >/dev/null
		else
			link_xdp v0 objects/xdp_pass.o
			pin_maps v0 >/dev/null
		fi
		ip link set dev v0 xdp off
		ip link set dev v0 xdpgeneric off
		expect_finding pins "warning xdp: the record names program [0-9]*, which does not run there" v0
		remedy=$(advised "xdp: the record names")
		# shellcheck disable=SC2086 # words
		expect_status 0 $remedy
		[[ -z $(findings pins v0 | grep -v 'info a map is pinned in vain') ]] || fail "$way: $remedy: $(findings pins v0)"
		[[ -e $BPFFS/v0/xdp_stats_map ]] || fail "$remedy drops the counters"
	done
	# With something attached, pin brings the record up to date.
	load v0 objects/xdp_pass.o >/dev/null
	load v0 objects/tc_pass.o >/dev/null
	ip link set dev v0 xdp off
	[[ $(advised "xdp: the record names") == "pin_maps v0" ]] || fail "$(doctor v0)"
	expect_status 0 pin_maps v0
	[[ -z $(advised "xdp: the record names") ]] || fail "$(doctor v0)"
	# What is left pinned of the program is taken back by the tool for that.
	remedy=$(advised "a program is pinned in vain")
	# shellcheck disable=SC2086 # words
	expect_status 0 $remedy
	[[ -z $(findings pins v0 | grep 'a program') ]] || fail "$remedy: $(findings pins v0)"
}

test_maps_that_are_pinned_in_vain_together_are_one_finding()
{
	local count

	load v0 objects/xdp_acl.o >/dev/null
	unload v0 >/dev/null
	count=$(find "$BPFFS/v0" -maxdepth 1 -type f | wc -l)
	[[ $(findings pins v0) == "info $count maps are pinned in vain: no attached program uses them" ]] ||
		fail "$(findings pins v0)"
}

test_the_older_qdisc_is_told()
{
	[[ -z $(findings qdisc v0) ]] || fail "$(findings qdisc v0)"
	tc qdisc add dev v0 ingress
	expect_finding qdisc "problem it has the qdisc ingress, .*" v0
	expect_status 2 doctor v0
	expect_fail "it has an ingress qdisc" load --hook tc_egress --tc clsact v0 objects/tc_pass.o
	tc qdisc del dev v0 ingress
	tc qdisc add dev v0 clsact
	[[ -z $(findings qdisc v0) ]] || fail "$(findings qdisc v0)"
}

test_a_directory_of_another_living_interface_is_a_problem()
{
	make_veth w0 x0
	link_xdp w0 objects/xdp_pass.o
	link_xdp x0 objects/xdp_pass.o
	pin_maps w0 >/dev/null
	ip link set dev w0 down
	ip link set dev w0 name w9
	ip link set dev x0 down
	ip link set dev x0 name w0
	expect_finding pins "problem its directory belongs to interface .*, which lives and had this name before: .*" w0
	expect_status 2 pin_maps w0
}

test_it_changes_nothing()
{
	local before

	link_xdp v0 objects/xdp_pass.o
	before=$(snapshot)
	expect_status 2 doctor v0
	expect_unchanged "$before"
	pin_maps v0 >/dev/null
	before=$(snapshot)
	# A writer at work does not hold it up.
	timeout 5 flock "$BPFFS/%ifbpf/lock" doctor v0 >/dev/null || fail "it waits, or fails"
	expect_unchanged "$before"
	umount "$BPFFS"
	run doctor v0
	! mountpoint -q "$BPFFS" || fail "it mounted one"
}

test_wrong_usage_and_unknown_interfaces()
{
	expect_status 1 doctor --nonsense
	expect_status 1 doctor v0 v1
	expect_status 2 doctor nope
	[[ $errors == *"cannot find interface nope"* && -z $output ]] || fail "it says: $errors"
}

test_a_read_only_bpffs_is_named_and_remounted_by_what_is_told()
{
	local command

	load v0 objects/xdp_pass.o >/dev/null
	mount -o remount,ro "$BPFFS"
	run doctor v0
	((status == 2)) || fail "status $status: $output"
	expect_finding bpffs_mode "problem the BPF filesystem is mounted read-only: .*"
	[[ $output != *"this user cannot"* ]] || fail "it says: $output"
	[[ $output == *"mount -o remount,rw $BPFFS"* ]] || fail "it says: $output"
	for command in "load v0 objects/xdp_drop.o" "unload v0" "pin_maps v0" "gc"; do
		# shellcheck disable=SC2086 # words
		expect_fail "cannot write in $BPFFS: Read-only file system" $command
		[[ $errors == *"hint: it is mounted read-only: mount -o remount,rw $BPFFS"* ]] ||
			fail "$command: $errors"
	done
	for command in "load --dry-run v0 objects/xdp_drop.o" "unload --dry-run v0" "status v0"; do
		# shellcheck disable=SC2086 # words
		expect_fail ": Read-only file system" $command
		[[ $errors == *"hint: it is mounted read-only: mount -o remount,rw $BPFFS"* ]] ||
			fail "$command: $errors"
	done
	mount -o remount,rw "$BPFFS"
	expect_status 0 load v0 objects/xdp_drop.o
}

test_too_few_descriptors_are_a_problem()
{
	expect_finding open_files "ok .*"
	run prlimit --nofile=12 doctor v0
	[[ $status == 2 && $output == *"problem  so few files may be open at once"*"type: ulimit -n 1024"* ]] ||
		fail "status $status: $output$errors"
	run prlimit --nofile=40 doctor v0
	((status == 2)) || fail "status $status: $output$errors"
	expect_fail "Too many open files" prlimit --nofile=40 load v0 objects/xdp_acl.o
	run prlimit --nofile=100 doctor v0
	[[ $status == 0 && $output == *"warning  so few files"* ]] || fail "status $status: $output$errors"
}

test_what_takes_long_packets_natively_is_well()
{
	need_frags
	in_peer ip link set dev v1 mtu 9000
	run doctor v0
	[[ $output == *"packets do not fit a page: native programs will be refused"* ]] || fail "$output"
	load -m native v0 objects/xdp_pass_frags.o >/dev/null
	run doctor v0
	[[ $output == *"ok       packets do not fit a page, and the native program takes them in fragments"* &&
		$output != *"native programs will be refused"* ]] || fail "$output"
}

test_what_is_to_be_typed_can_be_pasted()
{
	ip link add 'x;reboot' type veth peer name 'p;reboot'
	ip link set dev 'p;reboot' mtu 9000
	ip link set dev 'x;reboot' xdpgeneric obj objects/xdp_pass.o sec xdp
	run doctor 'x;reboot'
	[[ $output == *"type: "*" 'x;reboot'"* && $output == *"type: ethtool -K 'p;reboot'"* ]] || fail "$output"
	! grep "type: .*[^'][xp];reboot" <<<"$output" || fail "not quoted"
}

# As load says it of the same peer.
test_what_to_type_is_what_is_there()
{
	load v0 objects/xdp_pass.o >/dev/null
	gro_helps || return 0 # a program has to be there in any case, which is another finding
	in_peer ethtool -K v1 gro on
	doctor v0 | grep -A 2 'its peer has GRO' |
		grep -q 'type: load v1 objects/xdp_stub.o, in its network namespace$' || fail "it says: $(doctor v0)"
	! doctor v0 | grep 'type: ifbpf' || fail "there is no ifbpf here"
	IFBPF_FRONT=installed doctor v0 | grep -q 'type: ifbpf load v1 /.*/xdp_stub.o, ' ||
		fail "it says: $(IFBPF_FRONT=installed doctor v0)"
}
