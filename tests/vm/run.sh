#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# run - the tests inside virtual machines with Debian's kernels
set -u
export LC_ALL=C

usage='Usage: tests/vm/run.sh KERNEL [TEST...]
Boot a Debian cloud kernel under qemu, run the tests there and print their TAP.

  KERNEL   5.10, 6.1 or 6.12; all: each of them
  TEST     as for tests/run.sh; default: what tests/vm/tests has for the kernel

Environment:
  VM_LIMIT=S         seconds before a VM is killed; default 3600
  VM_CPUS=N          CPUs of a VM; default 1
  VMS=N              VMs that run at the same time; default 3
  JOBS, LIMIT, FAULTS, AGAIN, TIMES, BUDGET, CHAOS_SEED, CHAOS_SECONDS   as for
                     tests/run.sh, in each VM; default: JOBS=4 LIMIT=900 FAULTS=no AGAIN=yes
  FRAMES=N           random frames of a test at the most; default 10000
  VMTEST_CACHE, VMTEST_MIRROR                      as for tests/vm/fetch.sh

What the kernel said is in build/vm/console-KERNEL.

Example: tests/vm/run.sh 5.10 tests/test_load.sh tests/test_gc.sh
'

case ${1-} in
5.10 | 6.1 | 6.12) kernels=("$1") ;;
all) kernels=(5.10 6.1 6.12) ;;
-h | --help)
	printf '%s' "$usage"
	exit 0
	;;
*)
	printf '%s' "$usage" >&2
	exit 1
	;;
esac
shift
wanted=("$@")

unset CDPATH
cd "$(dirname "$0")/../.." || exit 2
if [[ ! -d build/tests/bpf || ! -x pinning/load ]]; then
	echo "tests/vm/run.sh: the tree and its test programs are not built" >&2
	echo "  hint: make test-programs" >&2
	exit 2
fi
PATH=$PATH:/usr/sbin:/sbin
for command in qemu-system-x86_64:qemu-system-x86 cpio:cpio depmod:kmod apt-get:apt dpkg-deb:dpkg; do
	if ! type "${command%:*}" >/dev/null 2>&1; then
		echo "tests/vm/run.sh: cannot find ${command%:*}" >&2
		echo "  hint: apt-get install ${command#*:}" >&2
		exit 2
	fi
done
limit=${VM_LIMIT:-3600}
cpus=${VM_CPUS:-1}
vms=${VMS:-3}
if ! [[ $limit =~ ^[1-9][0-9]*$ && $cpus =~ ^[1-9][0-9]*$ && $vms =~ ^[1-9][0-9]*$ ]]; then
	echo "tests/vm/run.sh: VM_LIMIT, VM_CPUS and VMS must be numbers above 0" >&2
	exit 1
fi

vm=build/vm
mkdir -p "$vm" || exit 2
tmp=$(mktemp -d) || exit 2
declare -A machines=()
clean_up()
{
	trap '' INT TERM
	# A group each, with qemu in it.
	((${#machines[@]} == 0)) || kill -- "${machines[@]/#/-}" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# The wire between the interfaces of a VM lies in a network namespace of its own.
isolated=(unshare --net)
((EUID == 0)) || isolated=(unshare --user --map-root-user --net)
if ! "${isolated[@]}" ip tuntap add probe mode tap multi_queue 2>"$tmp/errors"; then
	echo "tests/vm/run.sh: cannot make tap interfaces: $(<"$tmp/errors")" >&2
	echo "  hint: run it as root" >&2
	exit 2
fi
number=0 passed=0 failed=0 skipped=0

result_failed()
{
	echo "not ok $((++number)) - $1"
	echo "# not ok $number - $1" >>"$tmp/failures"
	((++failed))
}

# vm_failed KERNEL WHY: one more failure, with what the kernel said last.
vm_failed()
{
	result_failed "$1: $2"
	tail -n 40 "$vm/console-$1" 2>/dev/null | tr -d '\r' | sed 's/^/# /'
}

# skip_kernel KERNEL: it could not be fetched.
skip_kernel()
{
	local why="needs the cloud kernel $1 of Debian: tests/vm/fetch.sh $1 failed"

	if [[ ${CI-} == true ]] && ! grep -v '^#' tests/vm/known_skips | grep -qxEf - <(echo "$why"); then
		vm_failed "$1" "is skipped for a reason that tests/vm/known_skips does not list: $why"
		return
	fi
	echo "ok $((++number)) - $1: its tests # SKIP $why"
	((++skipped))
}

# tests_of KERNEL: what it runs, a line each: the files of tests/vm/tests, or what the user named.
tests_of()
{
	if ((${#wanted[@]} > 0)); then
		printf '%s\n' "${wanted[@]}"
		return
	fi
	awk -v kernel="$1" '/^[^#-]/ {
		n = split($1, kernels, ",")
		for (i = 1; i <= n; i++)
			if (kernels[i] == kernel)
				print $2
	}' tests/vm/tests
}

# The line of the guest is numbered anew and says which kernel it was.
relay()
{
	local kernel=$1 line before=$number ours=0 guest='' status=''
	local -A had=([passed]=$passed [failed]=$failed [skipped]=$skipped)

	while IFS= read -r line; do
		line=${line%$'\r'}
		if [[ $line =~ ^ok\ [0-9]+\ -\ (.*)$ ]]; then
			echo "ok $((++number)) - $kernel: ${BASH_REMATCH[1]}"
			if [[ $line == *' # SKIP '* ]]; then
				((++skipped))
			else
				((++passed))
			fi
		elif [[ $line =~ ^not\ ok\ [0-9]+\ -\ (.*)$ ]]; then
			result_failed "$kernel: ${BASH_REMATCH[1]}"
		elif [[ $line =~ ^[0-9]+\ passed,\ [0-9]+\ failed,\ [0-9]+\ skipped$ ]]; then
			guest=$line
		elif [[ $line =~ ^vmtest:\ tests/run.sh\ ended\ with\ ([0-9]+)$ ]]; then
			status=${BASH_REMATCH[1]}
		elif ! [[ $line =~ ^1\.\.[0-9]+$ ]]; then
			echo "# ${line#\# }"
		fi
	done
	ours="$((passed - had[passed])) passed, $((failed - had[failed])) failed, "
	ours+="$((skipped - had[skipped])) skipped"
	if [[ -e $tmp/$kernel/lacking ]]; then
		skip_kernel "$kernel"
	elif [[ ! -e $tmp/$kernel/time ]]; then
		vm_failed "$kernel" "its modules can be unpacked"
	elif [[ -z $status ]]; then
		vm_failed "$kernel" "the tests come to their end: the machine stopped, or was killed after $limit s"
	elif [[ $guest != "$ours" ]]; then
		vm_failed "$kernel" "all results arrive: sent '$guest', received '$ours'"
	elif ((status != 0 && failed == had[failed])); then
		vm_failed "$kernel" "tests/run.sh ends well there: status $status"
	fi
	((number > before)) || vm_failed "$kernel" "a test runs"
}

# job KERNEL: what /init reads there.
job()
{
	local variable

	# An emulated CPU stands still now and then for longer than a test waits.
	LIMIT=${LIMIT-900} JOBS=${JOBS-4} FAULTS=${FAULTS-no} AGAIN=${AGAIN-yes} FRAMES=${FRAMES-10000}
	((${#wanted[@]} > 0)) ||
		: "${OMIT=$(awk '$1 == "-" { print $2 }' tests/vm/tests | paste -s -d '|')}"
	for variable in JOBS LIMIT FAULTS AGAIN OMIT TIMES BUDGET FRAMES CHAOS_SEED CHAOS_SECONDS; do
		[[ ! -v $variable ]] || echo "$variable=${!variable}"
	done
	tests_of "$1"
}

# boot KERNEL FOLDER: until it ends; prints what comes out of the second serial port.
boot()
{
	local files=$tmp/$1
	# CPUs of one machine take turns in one thread. Side by side, one executed what another one was
	# patching, and the kernel stopped. In turns, what waits for all of them takes several times as long,
	# such as a test run of XDP: so there is one, unless a user asks for more.
	# What an emulated CPU pays dearly for at each exec and page fault, and no test asks for: the
	# whole takes half the time without. And each XDP test run waits for RCU. A kernel that looks whether
	# its timer ticks, while a busy machine lets the emulated CPU stand still, takes it for broken: panic.
	local fast='norandmaps init_on_alloc=0 apparmor=0 rcupdate.rcu_expedited=1 no_timer_check'

	job "$1" >"$files/job"
	(cd "$files" && echo job | cpio -o -H newc -R 0:0 --quiet) >"$files/job.cpio"
	cat "$tmp/system.cpio" "$files"/{modules,job}.cpio >"$files/initrd"
	timeout --foreground -k 5 "$limit" "${isolated[@]}" tests/vm/wire.sh qemu-system-x86_64 \
		-accel tcg,thread=single -cpu max -smp "$cpus" -m 2048 \
		-nodefaults -no-user-config -display none -no-reboot \
		-kernel "$(compgen -G "$2/boot/vmlinuz-*")" -initrd "$files/initrd" \
		-append "console=ttyS0 panic=-1 oops=panic $fast" \
		-serial "file:$vm/console-$1" -serial stdio 2>"$files/qemu"
	cat "$files/qemu" >>"$vm/console-$1"
}

# machine KERNEL: from its package to its end, when it is its turn. $tmp/KERNEL/output is what it
# printed, and time what that took; that file is there once it came so far as to boot.
machine()
{
	local TIMEFORMAT='%0R s, %0U + %0S s of CPU' folder

	read -r <&8
	if ! folder=$(tests/vm/fetch.sh "$1"); then
		: >"$tmp/$1/lacking"
	elif tests/vm/initramfs.sh modules "$folder" >"$tmp/$1/modules.cpio"; then
		{ time boot "$1" "$folder" >"$tmp/$1/output" 2>&3; } 3>&2 2>"$tmp/$1/time"
	fi
	echo >&8
}

tests/vm/initramfs.sh system >"$tmp/system.cpio" || exit 2
# Who holds a line of this one may run.
mkfifo "$tmp/turns" && exec 8<>"$tmp/turns" || exit 2
for ((i = 0; i < vms; i++)); do
	echo >&8
done
set -m
for kernel in "${kernels[@]}"; do
	mkdir "$tmp/$kernel" || exit 2
	: >"$tmp/$kernel/output"
	: >"$vm/console-$kernel"
	machine "$kernel" </dev/null &
	machines[$kernel]=$!
done
set +m
for kernel in "${kernels[@]}"; do
	# Not in a pipe: relay counts.
	relay "$kernel" < <(tail -n +1 -s 0.3 -f --pid="${machines[$kernel]}" "$tmp/$kernel/output")
	wait "${machines[$kernel]}"
	unset "machines[$kernel]"
	[[ ! -e $tmp/$kernel/time ]] || echo "# $kernel: $(<"$tmp/$kernel/time")"
done
# Once more, where a long log is cut last.
((failed == 0)) || cat "$tmp/failures"
echo "1..$number"
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
