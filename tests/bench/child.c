// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/guardian.h"

#define PATIENCE       120
#define PATIENCE_QUICK 20
#define PATIENCE_KILL  5 /* for the end of what is killed, which a kernel that hangs prevents */

double child_patience(void)
{
	return bench.quick ? PATIENCE_QUICK : PATIENCE;
}

/* Of what is awaited nothing is left, so this is for one that has ended and is not awaited yet. */
static double read_awake(pid_t pid)
{
	unsigned long long ran = 0, waited = 0; /* nanoseconds */
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
		ran = waited = 0;
	fclose(f);
	return (double)(ran + waited) / 1e9;
}

/* Returns 0 once it has ended, or -ETIMEDOUT. */
static int await_end(int pidfd, double seconds)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
	double until = now_seconds() + seconds, left;

	do {
		left = until - now_seconds();
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, (int)(left * 1e3) + 1) < 0 && errno != EINTR)
			return -errno;
	} while (!(poll_fd.revents & POLLIN));
	return 0;
}

int child_await(pid_t pid, double seconds, struct child_end *end)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), err, last;

	memset(end, 0, sizeof(*end));
	if (pidfd < 0)
		return -errno;
	err = last = await_end(pidfd, seconds);
	if (err) {
		kill(getpgid(pid) == pid ? -pid : pid, SIGKILL);
		last = await_end(pidfd, PATIENCE_KILL);
	}
	close(pidfd);
	if (last)
		return err;
	end->awake = read_awake(pid);
	while (wait4(pid, &end->status, 0, &end->usage) < 0)
		if (errno != EINTR)
			return err ? err : -errno;
	if (err)
		guardian_end_orphans();
	return err;
}
