// SPDX-License-Identifier: GPL-2.0-or-later
/* Other people's tools: how iproute2 was built decides which objects it can load. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include "pinning/doctor_findings.h"

/* The first line that a command prints. Returns 0, -ENOENT if there is no such command. */
static int first_line(const char *command, char *line, size_t size)
{
	FILE *out = popen(command, "re");
	int status;

	if (!out)
		return -errno;
	*line = '\0';
	if (fgets(line, (int)size, out))
		line[strcspn(line, "\n")] = '\0';
	status = pclose(out);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return status || !*line ? -EIO : 0;
}

static void look_at_iproute2(struct doctor *d, const char *tool, const char *command)
{
	char version[256];
	int err = first_line(command, version, sizeof(version));

	if (err == -ENOENT) {
		found(d, DOCTOR_INFO, "%s is not installed", tool);
		evidence(d, "not in the path");
		remedy(d, "apt-get install iproute2");
	} else if (err) {
		found(d, DOCTOR_INFO, "cannot tell how %s was built", tool);
		evidence(d, "%s: %s", command, strerror(-err));
	} else if (strstr(version, "libbpf")) {
		found(d, DOCTOR_OK, "%s loads objects by libbpf", tool);
		evidence(d, "%s", version);
	} else {
		found(d, DOCTOR_WARNING, "%s loads only objects of the old dialect, without libbpf",
		      tool);
		evidence(d, "%s", version);
		remedy(d, "%s",
		       *tool == 'i' ? "ip link set dev IFNAME xdpgeneric obj "
		                      "objects/legacy/xdp_pass.o sec xdp"
		                    : "tc filter add dev IFNAME ingress bpf da obj "
		                      "objects/legacy/tc_pass.o sec tc");
	}
}

static void look_at_ip(struct doctor *d)
{
	look_at_iproute2(d, "ip", "ip -V 2>/dev/null");
}

static void look_at_tc(struct doctor *d)
{
	look_at_iproute2(d, "tc", "tc -V 2>/dev/null");
}

const struct doctor_probe doctor_tools[] = {
	{ "ip", look_at_ip },
	{ "tc", look_at_tc },
	{},
};
