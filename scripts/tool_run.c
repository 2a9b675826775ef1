// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/namespaces.h"
#include "scripts/redirect_turn.h"
#include "scripts/tool_run.h"

/* Where this tool lies: the others are beside it, or in their folder of the source tree. */
static int own_directory(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (len < 0)
		return -errno;
	path[len] = '\0';
	*strrchr(path, '/') = '\0';
	return 0;
}

/* FOLDER/NAME in the parent of the directory, if it can be accessed so. */
static bool try_tree(char out[PATH_MAX], const char *here, const char *folder, const char *name,
                     int mode)
{
	const char *slash = strrchr(here, '/');

	return slash &&
	       snprintf(out, PATH_MAX, "%.*s/%s/%s", (int)(slash - here), here, folder, name) <
	               PATH_MAX &&
	       !access(out, mode);
}

static int find_tool(const char *name, char out[PATH_MAX])
{
	char here[PATH_MAX];
	int err = own_directory(here);

	if (err)
		return err;
	if (snprintf(out, PATH_MAX, "%s/%s", here, name) < PATH_MAX && !access(out, X_OK))
		return 0;
	return try_tree(out, here, "pinning", name, X_OK) ? 0 : -ENOENT;
}

void tool_object(const char *name, char out[PATH_MAX])
{
	char here[PATH_MAX];

	if (own_directory(here) || !try_tree(out, here, "objects", name, R_OK))
		snprintf(out, PATH_MAX, "%s", name);
}

/* A network namespace as the user names it, if it can be found so; else out stays as it is. */
static void name_netns(int fd, char *out, size_t size)
{
	struct namespaces all;
	struct stat st;

	if (fstat(fd, &st) || namespaces_find(&all))
		return;
	for (size_t i = 0; i < all.len; i++)
		if (all.list[i].id.ino == st.st_ino)
			namespace_spec(&all.list[i], out, size);
	namespaces_free(&all);
}

static void exec_tool(const char *path, int netns_fd, char *argv[])
{
	int nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, STDOUT_FILENO);
	fcntl(netns_fd, F_SETFD, 0);
	redirect_turn_hand_down();
	execv(path, argv);
	_exit(127);
}

int tool_run(const char *tool, int netns_fd, char *argv[])
{
	char path[PATH_MAX], netns[64], name[PATH_MAX], command[PATH_MAX];
	int err = find_tool(tool, path), status;
	pid_t pid;

	if (err)
		return failed(err, "cannot find the tool %s", tool);
	snprintf(netns, sizeof(netns), "/proc/self/fd/%d", netns_fd);
	snprintf(command, sizeof(command), "%s", cli_command(tool));
	/* For its messages: a process by which it is named may end before the tool enters it. */
	strcpy(name, netns);
	name_netns(netns_fd, name, sizeof(name));
	argv[0] = command;
	argv[2] = netns;
	pid = fork();
	if (pid < 0)
		return failed(-errno, "cannot run %s", path);
	if (!pid) {
		cli_tell_netns(name);
		exec_tool(path, netns_fd, argv);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return failed(-errno, "cannot wait for %s", path);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return rejected(-ECANCELED, "%s did not succeed", cli_name(tool));
}
