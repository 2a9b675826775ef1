// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/command.h"
#include "tests/bench/guardian.h"

#define LINE_SIZE 4096
#define WORDS     256
#define PEERS_MAX 16

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

bool command_tells_sleep(void)
{
	return !access("/proc/self/schedstat", R_OK);
}

/* It leads a process group, so that what it has started ends with it. */
static int start(char *const *argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	err = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* Output goes to out. Returns the exit status, or a negative errno. */
static int spawn(const char *line, int out, double patience, struct took *took)
{
	char *argv[WORDS] = { "sh", "-c", (char *)line, NULL };
	char words[LINE_SIZE];
	struct child_end end;
	double before;
	pid_t pid;
	int err;

	if (took) {
		snprintf(words, sizeof(words), "%s", line);
		split(words, argv, WORDS);
	}
	before = now_seconds();
	err = start(argv, out, &pid);
	if (err)
		return err;
	guardian_watch(pid);
	err = child_await(pid, patience, &end);
	guardian_watch(0);
	if (err)
		return err;
	if (took) {
		took->wall = now_seconds() - before;
		took->awake = end.awake;
		took->cpu = seconds(&end.usage.ru_utime) + seconds(&end.usage.ru_stime);
	}
	return WIFEXITED(end.status) ? WEXITSTATUS(end.status) : 128 + WTERMSIG(end.status);
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

/* Tools of others that rows were made for, and of those the one that has not ended, or NULL. */
static struct peer {
	char name[32];
	char *hung;
} peers[PEERS_MAX];

static struct peer *find_peer(const char *line)
{
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < PEERS_MAX && peers[i].name[0]; i++)
		if (strlen(peers[i].name) == len && !strncmp(peers[i].name, line, len))
			return &peers[i];
	return NULL;
}

static const char *hung_before(const char *line)
{
	const struct peer *peer = find_peer(line);

	return peer ? peer->hung : NULL;
}

static void add_peer(const char *name)
{
	for (size_t i = 0; !find_peer(name) && i < PEERS_MAX; i++)
		if (!peers[i].name[0]) {
			snprintf(peers[i].name, sizeof(peers[i].name), "%s", name);
			return;
		}
}

/* Once is enough: each time more would be as long again. */
static void keep_hung(const char *line)
{
	struct peer *peer = find_peer(line);

	if (peer && !peer->hung)
		peer->hung = strdup(line);
}

/* output gets the beginning of what it printed; lines may be NULL. */
static int run_within(double patience, const char *line, struct took *took, unsigned int *lines,
                      char *output, size_t size)
{
	int out, status;
	ssize_t len;

	output[0] = '\0';
	if (hung_before(line))
		return -ETIMEDOUT;
	out = memfd_create("output", MFD_CLOEXEC);
	if (out < 0)
		return -errno;
	status = spawn(line, out, patience, took);
	if (status == -ETIMEDOUT)
		keep_hung(line);
	len = pread(out, output, size - 1, 0);
	output[len > 0 ? len : 0] = '\0';
	if (lines)
		*lines = count_lines(out);
	close(out);
	return status;
}

static int run(const char *line, char *output, size_t size)
{
	return run_within(child_patience(), line, NULL, NULL, output, size);
}

static int run_reported(double patience, const char *line, struct took *took, unsigned int *lines,
                        char *output, size_t size)
{
	const char *hung = hung_before(line);
	int status = run_within(patience, line, took, lines, output, size);

	if (!status)
		return 0;
	if (hung)
		return rejected(-ETIME, "'%s' is not run: '%s' " COMMAND_HUNG, line, hung,
		                child_patience());
	if (status == -ETIMEDOUT)
		return rejected(-ETIME, "'%s' " COMMAND_HUNG, line, patience);
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
	return run_reported(child_patience(), line, took, NULL, output, sizeof(output));
}

int command_run_within(double patience, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return run_reported(patience, line, NULL, NULL, output, sizeof(output));
}

int command_lines(struct took *took, unsigned int *lines, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return run_reported(child_patience(), line, took, lines, output, sizeof(output));
}

void command_try(const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	run(line, output, sizeof(output));
}

void command_first_line(char *text, size_t size, double patience, const char *command)
{
	char line[LINE_SIZE], output[LINE_SIZE] = "";

	snprintf(line, sizeof(line), "exec 2>/dev/null; %s", command);
	if (!hung_before(command) &&
	    run_within(patience, line, NULL, NULL, output, sizeof(output)) < 0)
		output[0] = '\0';
	snprintf(text, size, "%.*s", (int)strcspn(output, "\n"), output);
}

int command_number(double *number, const char *fmt, ...)
{
	char line[LINE_SIZE], output[LINE_SIZE], *end;
	va_list args;
	int err;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	err = run_reported(child_patience(), line, NULL, NULL, output, sizeof(output));
	if (err)
		return err;
	*number = strtod(output, &end);
	return end != output ? 0 : rejected(-EBADMSG, "no number from '%s': '%s'", line, output);
}

bool command_exists(const char *name)
{
	char output[LINE_SIZE], line[256];

	snprintf(line, sizeof(line), "command -v %s", name);
	return !run(line, output, sizeof(output));
}

bool command_is_there(struct row *row, const char *name, const char *package)
{
	const char *hung = name ? hung_before(name) : NULL;

	row->peer = name;
	if (name)
		add_peer(name);
	if (hung)
		row_missing(row, false, "is left out: '%.60s' " COMMAND_HUNG, hung,
		            child_patience());
	else if (name && !command_exists(name))
		row_missing(row, false, "needs %s (package %s)", name, package);
	return !row->missing[0];
}
