// SPDX-License-Identifier: GPL-2.0-or-later
/* load_hold - attach a pinned program by a bpf_link that only this process holds, until SIGTERM */
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int prog_fd, link_fd;

	if (argc != 3) {
		fputs("Usage: load_hold IFNAME PROGRAM_PIN\n", stderr);
		return EXIT_FAILURE;
	}
	prog_fd = bpf_obj_get(argv[2]);
	link_fd =
		prog_fd < 0 ? -1 : bpf_link_create(prog_fd, if_nametoindex(argv[1]), BPF_XDP, NULL);
	if (link_fd < 0) {
		fprintf(stderr, "load_hold: cannot attach %s to %s: %s\n", argv[2], argv[1],
		        strerror(errno));
		return EXIT_FAILURE;
	}
	pause();
	return EXIT_SUCCESS;
}
