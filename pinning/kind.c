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

/* What a program is to the kernel. */
struct kind {
	enum bpf_prog_type type;
	__u32 attach_type, flags;
};

static struct kind kind_of(const struct bpf_program *prog)
{
	return (struct kind){
		.type = bpf_program__type(prog),
		.attach_type = bpf_program__expected_attach_type(prog),
		.flags = flags_of(prog),
	};
}

/* Load one of that kind, with or without a map in its first instruction. */
static int try_load(struct kind kind, int map_fd)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = kind.attach_type,
	            .prog_flags = kind.flags);
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = map_fd < 0 ? 0 : BPF_PSEUDO_MAP_FD,
		  .imm = map_fd < 0 ? 0 : map_fd },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(kind.type, NULL, "GPL", insns, LEN(insns), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool kind_clashes(const struct bpf_program *prog, int map_fd)
{
	return try_load(kind_of(prog), map_fd) == -EINVAL && !try_load(kind_of(prog), -1);
}

/* Whether the kernel takes the map for a program with that attach type, with frags or without. */
static bool takes_type(int map_fd, __u32 attach_type)
{
	struct kind kind = { .type = BPF_PROG_TYPE_XDP, .attach_type = attach_type };

	if (!try_load(kind, map_fd))
		return true;
	kind.flags = BPF_F_XDP_HAS_FRAGS;
	return !try_load(kind, map_fd);
}

int kind_xdp_attach_type(int prog_fd)
{
	__u32 zero = 0;
	bool typed, untyped;
	int fd;

	fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, NULL, sizeof(zero), sizeof(zero), 1, NULL);
	if (fd < 0)
		return -errno;
	typed = untyped = false;
	if (!bpf_map_update_elem(fd, &zero, &prog_fd, BPF_ANY)) {
		typed = takes_type(fd, BPF_XDP);
		untyped = takes_type(fd, 0);
	}
	close(fd);
	/* Both, or neither: the kernel does not bind arrays to it. */
	return typed == untyped ? -ENOENT : typed ? BPF_XDP : 0;
}

const char *kind_name(const struct bpf_program *prog)
{
	if (bpf_program__type(prog) != BPF_PROG_TYPE_XDP)
		return "for tc";
	return flags_of(prog) & BPF_F_XDP_HAS_FRAGS ? "for XDP and packets of several buffers"
	                                            : "for XDP and packets of one buffer";
}
