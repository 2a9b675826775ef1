// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"

#define LINE_SIZE 4096
#define WORDS     256

extern char **environ;

static double seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

/* What is timed runs without a shell: the words of the line, which knows no quotes then. */
static void split(char *line, char **argv, size_t room)
{
	size_t n = 0;
	char *save;

	for (char *word = strtok_r(line, " ", &save); word && n < room - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	argv[n] = NULL;
}

/* Seconds on a CPU and waiting for one, of a process or, at its end, of what is left of it; or 0.
 */
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

bool command_tells_sleep(void)
{
	return !access("/proc/self/schedstat", R_OK);
}

/* Until it has ended. Of what is awaited nothing is left, so that is looked at before. */
static int await(pid_t pid, int *status, struct rusage *usage, double *awake)
{
	siginfo_t end;

	while (waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT))
		if (errno != EINTR)
			return -errno;
	*awake = read_awake(pid);
	while (wait4(pid, status, 0, usage) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Output goes to out. Returns the exit status, or a negative errno. */
static int spawn(const char *line, int out, struct took *took)
{
	char *argv[WORDS] = { "sh", "-c", (char *)line, NULL };
	posix_spawn_file_actions_t actions;
	char words[LINE_SIZE];
	struct rusage usage = {};
	double before, awake = 0;
	int status, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (took) {
		snprintf(words, sizeof(words), "%s", line);
		split(words, argv, WORDS);
	}
	before = now_seconds();
	err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	err = await(pid, &status, &usage, &awake);
	if (err)
		return err;
	if (took) {
		took->wall = now_seconds() - before;
		took->awake = awake;
		took->cpu = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static unsigned int count_lines(int out)
{
	unsigned int lines = 0;
	char part[LINE_SIZE];
	off_t at = 0;
	ssize_t len;

	while ((len = pread(out, part, sizeof(part), at)) > 0) {
		for (ssize_t i = 0; i < len; i++)
			lines += part[i] == '\n';
		at += len;
	}
	return lines;
}

/* output gets the beginning of what it printed; lines may be NULL. */
static int run(const char *line, struct took *took, unsigned int *lines, char *output, size_t size)
{
	int out = memfd_create("output", MFD_CLOEXEC), status;
	ssize_t len;

	if (out < 0)
		return -errno;
	status = spawn(line, out, took);
	len = pread(out, output, size - 1, 0);
	output[len > 0 ? len : 0] = '\0';
	if (lines)
		*lines = count_lines(out);
	close(out);
	return status;
}

static int run_reported(const char *line, struct took *took, unsigned int *lines, char *output,
                        size_t size)
{
	int status = run(line, took, lines, output, size);

	if (!status)
		return 0;
	if (status < 0)
		failed(status, "cannot run '%s'", line);
	else
		rejected(-ECHILD, "'%s' fails with status %d", line, status);
	if (output[0])
		fputs(output, stderr);
	return -ECHILD;
}

int command_run(struct took *took, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return run_reported(line, took, NULL, output, sizeof(output));
}

int command_lines(struct took *took, unsigned int *lines, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return run_reported(line, took, lines, output, sizeof(output));
}

void command_try(const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	run(line, NULL, NULL, output, sizeof(output));
}

int command_number(double *number, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE], *end;
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	err = run_reported(line, NULL, NULL, output, sizeof(output));
	if (err)
		return err;
	*number = strtod(output, &end);
	return end != output ? 0 : failed(-EBADMSG, "no number from '%s': '%s'", line, output);
}

bool command_exists(const char *name)
{
	char output[LINE_SIZE], line[256];

	snprintf(line, sizeof(line), "command -v %s", name);
	return !run(line, NULL, NULL, output, sizeof(output));
}

bool command_is_there(struct row *row, const char *name, const char *package)
{
	row->peer = name;
	if (!name || command_exists(name))
		return true;
	row_missing(row, false, "needs %s (package %s)", name, package);
	return false;
}
