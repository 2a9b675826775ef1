// SPDX-License-Identifier: GPL-2.0-or-later
/* bench_sender - the benchmark's frames from v1 in netns "peer", and what their clock says */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/sender.h"

#define KEYS 64

static const char usage[] =
	"Usage: bench_sender run COUNT... | stream COUNT\n"
	"run: send COUNT frames after COUNT frames, and print of each in nanoseconds:\n"
	"  FIRST STAMPED BETWEEN TOOK\n"
	"the frames, from 1 on, at which the clock was first and last read, the time between the\n"
	"two, and the time of all frames as the benchmark has it. stream: send on and on, until\n"
	"COUNT are gone.\n";

static int run(struct sender *sender, __u32 count)
{
	volatile struct wrap_state *state = sender->state;
	__u64 before = state->frames;
	double seconds;
	int err = sender_run(sender, count, &seconds);

	if (!err)
		printf("%llu %llu %llu %.0f\n", state->first - before, state->stamped - before,
		       state->last_ns - state->first_ns, seconds * 1e9);
	return err;
}

static int stream(struct sender *sender, __u64 count)
{
	int pid = sender_start(sender);

	if (pid < 0)
		return pid;
	while (sender->state->frames < count)
		usleep(1000);
	return sender_stop(pid);
}

int main(int argc, char **argv)
{
	struct sender sender = {};
	struct keys keys = {};
	struct frame frame;
	int err;

	if (argc < 3 || (strcmp(argv[1], "run") && strcmp(argv[1], "stream"))) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_init("bench_sender", false);
	frame_make(&frame, false);
	frame_silence(&frame);
	err = keys_make_private(&keys, KEYS);
	if (!err)
		err = sender_open(&sender, &frame, &keys);
	for (int i = 2; !err && i < argc; i++)
		err = strcmp(argv[1], "run") ? stream(&sender, strtoull(argv[i], NULL, 10))
		                             : run(&sender, (__u32)strtoul(argv[i], NULL, 10));
	sender_close(&sender);
	keys_free(&keys);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
