// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpffs/bpffs.h"
#include "bpffs/lock.h"
#include "compat/plugin.h"
#include "compat/plugin_tool.h"

__attribute__((format(printf, 1, 0))) static void say(const char *fmt, va_list args)
{
	fflush(stdout);
	fputs("ifbpf: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int plugin_failed(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	return -1;
}

void plugin_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

void plugin_hint(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("  hint: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

void plugin_add(struct plugin_words *words, const char *word)
{
	if (words->len + 1 < sizeof(words->list) / sizeof(words->list[0]))
		words->list[words->len++] = word;
	else
		words->full = true;
	words->list[words->len] = NULL;
}

/* An interface called -x would be an option there. */
static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_@%+:,./-";

	return *word && !word[strspn(word, plain)] && (*word != '-' || !strncmp(word, "--", 2));
}

void plugin_set_hinted(struct plugin_words *words, const char *lead,
                       const struct plugin_words *command)
{
	size_t size = sizeof(words->options_of), at;

	at = snprintf(words->options_of, size, "%s%s", lead, plugin_front());
	for (unsigned int i = 0; i < command->len && at < size; i++) {
		if (is_plain(command->list[i]))
			at += snprintf(words->options_of + at, size - at, " %s", command->list[i]);
		else
			at = size;
	}
	if (at >= size)
		*words->options_of = '\0';
}

bool plugin_is(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

int plugin_set(const char **value, const char *word, const char *text)
{
	if (*value)
		return plugin_failed("'%s' is there twice", word);
	*value = text;
	return 0;
}

int plugin_ifname(int ifindex, char name[])
{
	if (ifindex > 0 && if_indextoname(ifindex, name))
		return 0;
	return plugin_failed("cannot tell the interface: say 'dev IFNAME'");
}

bool plugin_has(const char *tool)
{
	char path[PATH_MAX];
	bool tree;

	return !plugin_find_tool(tool, path, &tree);
}

/* A batch that tc reads from its input must not be read by the tool; a terminal may be. */
static void set_input(enum plugin_output output)
{
	int fd;

	if (output == PLUGIN_SHOW && isatty(STDIN_FILENO))
		return;
	fd = open("/dev/null", O_RDONLY);
	if (fd >= 0)
		dup2(fd, STDIN_FILENO);
}

static void set_output(enum plugin_output output, int pipe_fd)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (output == PLUGIN_READ)
		dup2(pipe_fd, STDOUT_FILENO);
	else if (output != PLUGIN_SHOW)
		dup2(null, STDOUT_FILENO);
	if (output == PLUGIN_QUIET)
		dup2(null, STDERR_FILENO);
}

/*
 * Who kills tc or ip wants no program put on once a lock is free, nor one prepared for nobody. What
 * is cut short by that is as with any kill: the next run ends it.
 */
static void die_with(pid_t caller)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have gone before that. */
	if (getppid() != caller)
		_exit(127);
}

/* In the new process, up to the tool. */
static void become(const char *path, bool tree, const struct plugin_words *words,
                   enum plugin_output output, int pipe_fd)
{
	set_input(output);
	set_output(output, pipe_fd);
	/* The tools speak of themselves as verbs of ifbpf then. */
	setenv("IFBPF_FRONT", tree ? "tree" : "installed", 1);
	setenv("IFBPF_COMMAND", plugin_front(), 1);
	if (words->in_turn)
		setenv(LOCK_TURN_TAKEN, "1", 1);
	else
		unsetenv(LOCK_TURN_TAKEN);
	if (output == PLUGIN_SHOW)
		unsetenv("IFBPF_PLUGIN");
	else
		setenv("IFBPF_PLUGIN", words->options_of, 1);
	execv(path, (char *const *)words->list);
	plugin_failed("cannot run %s: %s", path, strerror(errno));
	_exit(127);
}

/* Everything up to the end of the file, as a string to be freed; NULL if there is no memory. */
static char *read_all(int fd)
{
	size_t len = 0, size = 0;
	char *text = NULL, *more;
	ssize_t n;

	for (;;) {
		if (size - len < 4096) {
			size += 65536;
			more = realloc(text, size);
			if (!more)
				break;
			text = more;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			text[len] = '\0';
			return text;
		}
		len += n;
	}
	free(text);
	return NULL;
}

static int wait_for(pid_t pid, const char *tool)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return plugin_failed("cannot wait for '%s': %s", tool, strerror(errno));
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
	return plugin_failed("'%s' was ended by signal %d", tool, WTERMSIG(status));
}

int plugin_run(const struct plugin_words *words, enum plugin_output output, char **text)
{
	const struct sigaction wanted = { .sa_handler = SIG_DFL };
	const char *tool = words->list[0];
	int fds[2] = { -1, -1 }, status;
	struct sigaction before;
	char path[PATH_MAX];
	pid_t pid, caller = getpid();
	bool tree;

	if (text)
		*text = NULL;
	if (words->full)
		return plugin_failed("cannot run '%s': too many words", tool);
	if (plugin_find_tool(tool, path, &tree))
		return plugin_failed("cannot find the program of '%s' at %s: %s", tool, path,
		                     strerror(errno));
	if (output == PLUGIN_READ && pipe2(fds, O_CLOEXEC))
		return plugin_failed("cannot make a pipe: %s", strerror(errno));
	/* What is in the buffers is not to be printed twice, nor after what the tool prints. */
	fflush(stdout);
	fflush(stderr);
	/* Ignored, as some callers leave it, it would take the exit status away. */
	sigaction(SIGCHLD, &wanted, &before);
	pid = fork();
	if (!pid) {
		if (!words->outlives)
			die_with(caller);
		become(path, tree, words, output, fds[1]);
	}
	if (fds[1] >= 0)
		close(fds[1]);
	if (pid > 0 && output == PLUGIN_READ)
		*text = read_all(fds[0]);
	if (fds[0] >= 0)
		close(fds[0]);
	status = pid < 0 ? plugin_failed("cannot start '%s'", tool) : wait_for(pid, tool);
	sigaction(SIGCHLD, &before, NULL);
	return status;
}

/* Both paths are the same file, as far as both can be seen. */
static bool same_file(const char *a, const char *b)
{
	struct stat st_a, st_b;

	return stat(a, &st_a) || stat(b, &st_b) ||
	       (st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino);
}

bool plugin_sees_bpffs(void)
{
	char parent[64], theirs[96];
	struct statfs fs;

	if (getenv("IFBPF_BPFFS"))
		return true;
	snprintf(parent, sizeof(parent), "/proc/%d/ns/mnt", (int)getppid());
	if (same_file("/proc/self/ns/mnt", parent))
		return true;
	/* Where the caller's cannot be seen, any will do. */
	snprintf(theirs, sizeof(theirs), "/proc/%d/root%s", (int)getppid(), BPFFS_DEFAULT);
	return !statfs(BPFFS_DEFAULT, &fs) && fs.f_type == BPF_FS_MAGIC &&
	       same_file(BPFFS_DEFAULT, theirs);
}

int plugin_check_bpffs(void)
{
	if (plugin_sees_bpffs())
		return 0;
	plugin_failed("cannot reach the BPF filesystem: 'tc -n', 'ip -n' and 'ip netns exec' mount "
	              "a /sys of their own, and what is pinned there vanishes");
	plugin_hint("enter only the network namespace: nsenter --net=/run/netns/NAME %s ...",
	            program_invocation_short_name);
	return -1;
}
