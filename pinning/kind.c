// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "pinning/kind.h"

/* BPF_F_XDP_HAS_FRAGS, which libbpf adds when it loads, by the section. */
#define FRAGS_SECTION "xdp.frags"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static __u32 flags_of(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);
	__u32 flags = bpf_program__flags(prog);

	if (!strncmp(section, FRAGS_SECTION, strlen(FRAGS_SECTION)))
		flags |= BPF_F_XDP_HAS_FRAGS;
	return flags;
}

/* What the program is to the kernel, with or without a map in its first instruction. */
static int try_load(const struct bpf_program *prog, int map_fd)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
	            .expected_attach_type = bpf_program__expected_attach_type(prog),
	            .prog_flags = flags_of(prog));
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = map_fd < 0 ? 0 : BPF_PSEUDO_MAP_FD,
		  .imm = map_fd < 0 ? 0 : map_fd },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(bpf_program__type(prog), NULL, "GPL", insns, LEN(insns), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool kind_clashes(const struct bpf_program *prog, int map_fd)
{
	return try_load(prog, map_fd) == -EINVAL && !try_load(prog, -1);
}

const char *kind_name(const struct bpf_program *prog)
{
	if (bpf_program__type(prog) != BPF_PROG_TYPE_XDP)
		return "for tc";
	return flags_of(prog) & BPF_F_XDP_HAS_FRAGS ? "for XDP and packets of several buffers"
	                                            : "for XDP and packets of one buffer";
}
