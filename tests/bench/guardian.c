// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/bench/guardian.h"

#define FDS    1024
#define TRIES  50 /* to find no orphan any more: what is killed may leave others */
#define TRY_MS 20

static volatile pid_t *watched; /* in memory that is shared with the guardian */
static pid_t guardian;

/*
 * In a session of its own: what ends a process group does not end this as well. It holds nothing of
 * what was open, such as a pipe whose reader waits for its end.
 */
static void guard(int parent)
{
	struct pollfd poll_fd = { .fd = STDIN_FILENO, .events = POLLIN };

	setsid();
	prctl(PR_SET_NAME, "bench-guardian");
	dup2(parent, STDIN_FILENO);
	for (int fd = STDIN_FILENO + 1; fd < FDS; fd++)
		close(fd);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	while (poll(&poll_fd, 1, -1) < 0 && errno == EINTR)
		;
	if (*watched > 0)
		kill(-*watched, SIGKILL);
	_exit(0);
}

static void start(void)
{
	int us = (int)syscall(SYS_pidfd_open, getpid(), 0);
	void *shared = mmap(NULL, sizeof(*watched), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (us >= 0 && shared != MAP_FAILED) {
		watched = shared;
		guardian = fork();
		if (!guardian)
			guard(us);
	}
	if (us >= 0)
		close(us);
}

void guardian_watch(pid_t group)
{
	static pid_t started; /* by this process, not by one of which it is a copy */

	if (started != getpid())
		start();
	started = getpid();
	if (watched)
		*watched = group;
}

/* Returns whether that process is an orphan that is still there. */
static bool end_orphan(const char *pid)
{
	char path[300], stat[512], state;
	int parent, group;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "r");
	len = f ? fread(stat, 1, sizeof(stat) - 1, f) : 0;
	stat[len] = '\0';
	if (f)
		fclose(f);
	/* Its name may have any character. */
	if (!strrchr(stat, ')') ||
	    sscanf(strrchr(stat, ')'), ") %c %d %d", &state, &parent, &group) != 3 ||
	    parent != getpid() || group == getpgrp() || atoi(pid) == guardian)
		return false;
	if (state != 'Z')
		kill(atoi(pid), SIGKILL);
	return waitpid(atoi(pid), NULL, WNOHANG) <= 0;
}

void guardian_end_orphans(void)
{
	const struct timespec pause = { .tv_nsec = TRY_MS * 1000 * 1000 };
	unsigned int found = 1;

	for (int i = 0; found && i < TRIES; i++) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		found = 0;
		while (proc && (entry = readdir(proc)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				found += end_orphan(entry->d_name);
		if (proc)
			closedir(proc);
		if (found)
			nanosleep(&pause, NULL);
	}
}
