// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pinning/inspect_internal.h"

struct answer {
	int err;
	char why[INSPECT_WHY];
};

/* What is said on the way is not for the user: the answer is. */
static void be_quiet(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
}

int inspect_guard(inspect_run *run, const char *path, void *arg, char why[INSPECT_WHY])
{
	struct answer answer = {};
	int ends[2], status;
	ssize_t len;
	pid_t pid;

	*why = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (!pid) {
		be_quiet();
		answer.err = run(path, arg, answer.why);
		/* As one write: shorter than a pipe takes in one piece. */
		_exit(write(ends[1], &answer, sizeof(answer)) != sizeof(answer));
	}
	close(ends[1]);
	len = read(ends[0], &answer, sizeof(answer));
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (len != sizeof(answer)) {
		snprintf(why, INSPECT_WHY, "it crashes");
		return -EFAULT;
	}
	answer.why[INSPECT_WHY - 1] = '\0';
	strcpy(why, answer.why);
	return answer.err;
}
