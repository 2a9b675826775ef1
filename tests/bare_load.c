// SPDX-License-Identifier: GPL-2.0-or-later
/* bare_load - put a program of two instructions on interfaces: the least that loading can take */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	if (argc < 2) {
		fputs("Usage: bare_load IFNAME...\n", stderr);
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++) {
		int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "bare_load", "GPL", insns, 2, NULL);
		int err = fd < 0 ? -errno
		                 : bpf_xdp_attach((int)if_nametoindex(argv[i]), fd,
		                                  XDP_FLAGS_DRV_MODE, NULL);

		if (err) {
			fprintf(stderr, "bare_load: cannot load a program for %s: %s\n", argv[i],
			        strerror(-err));
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
