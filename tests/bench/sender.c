// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/child.h"
#include "tests/bench/live.h"
#include "tests/bench/netdev.h"
#include "tests/bench/sender.h"
#include "tests/bench/wrapper.h"

/*
 * Of the process that sends: between two calls the kernel waits for RCU, and no frame is sent. A
 * signal ends a call, but one that comes just before it.
 */
#define FRAMES_AT_ONCE (1 << 21)

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

int sender_open(struct sender *sender, const struct frame *frame, const struct keys *keys)
{
	const struct wrapper_kind kind = { "send", BPF_XDP };
	struct bpf_map *bss;
	void *state;
	int err;

	memset(sender, 0, sizeof(*sender));
	err = wrapper_load(&sender->obj, &kind, frame, keys);
	if (err)
		return err;
	sender->frame = *frame;
	sender->prog_fd =
		bpf_program__fd(bpf_object__find_program_by_name(sender->obj, kind.program));
	bss = bpf_object__find_map_by_name(sender->obj, ".bss");
	state = bss ? mmap(NULL, sizeof(*sender->state), PROT_READ | PROT_WRITE, MAP_SHARED,
	                   bpf_map__fd(bss), 0)
	            : MAP_FAILED;
	if (state == MAP_FAILED)
		return failed(-errno, "cannot map the counters of the sender into memory");
	sender->state = state;
	err = netns_enter_peer();
	if (!err) {
		sender->ifindex = (int)if_nametoindex("v1");
		err = netns_leave_peer();
	}
	return err;
}

/* In netns "peer": the test run finds the interface there. */
static int send_frames(struct sender *sender, __u32 count)
{
	int err = live_run(sender->prog_fd, sender->ifindex, sender->frame.bytes,
	                   sender->frame.size, count);

	return err ? failed(err, "cannot send frames from v1") : 0;
}

int sender_run(struct sender *sender, __u32 count, double *seconds)
{
	volatile struct wrap_state *state = sender->state;
	__u64 before = state->frames;
	int err, back;

	state->first_ns = 0;
	err = netns_enter_peer();
	if (err)
		return err;
	err = send_frames(sender, count);
	back = netns_leave_peer();
	if (err || back)
		return err ? err : back;
	if (state->frames - before != count)
		return failed(-EIO, "sent %llu frames instead of %u",
		              (unsigned long long)(state->frames - before), count);
	/* From the stamps, scaled to all frames. */
	if (seconds)
		*seconds = (double)(state->last_ns - state->first_ns) / 1e9 * count /
		           (double)(state->stamped - state->first);
	return 0;
}

int sender_start(struct sender *sender)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return failed(-errno, "cannot start a process that sends");
	if (pid)
		return pid;
	signal(SIGTERM, stop);
	prctl(PR_SET_NAME, "bench-sender");
	/* It would send for ever if nobody were left to stop it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent || netns_enter_peer())
		_exit(1);
	while (!stopped)
		if (send_frames(sender, FRAMES_AT_ONCE))
			_exit(1);
	_exit(0);
}

int sender_stop(int pid)
{
	struct child_end end;
	int err;

	kill(pid, SIGTERM);
	err = child_await(pid, child_patience(), &end);
	if (err)
		return failed(err, "the process that sends does not stop");
	return end.status ? failed(-EIO, "the process that sends has failed") : 0;
}

void sender_close(struct sender *sender)
{
	if (sender->state)
		munmap((void *)sender->state, sizeof(*sender->state));
	bpf_object__close(sender->obj);
	memset(sender, 0, sizeof(*sender));
}
