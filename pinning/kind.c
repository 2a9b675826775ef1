// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "bpffs/prog_kind.h"
#include "pinning/kind.h"

/* BPF_F_XDP_HAS_FRAGS, which libbpf adds when it loads, by the section. */
#define FRAGS_SECTION "xdp.frags"

__u32 kind_flags(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);
	__u32 flags = bpf_program__flags(prog);

	if (!strncmp(section, FRAGS_SECTION, strlen(FRAGS_SECTION)))
		flags |= BPF_F_XDP_HAS_FRAGS;
	return flags;
}

static int try_kind_of(const struct bpf_program *prog, int map_fd)
{
	return prog_kind_try(bpf_program__type(prog), bpf_program__expected_attach_type(prog),
	                     kind_flags(prog), map_fd);
}

bool kind_clashes(const struct bpf_program *prog, int map_fd)
{
	return try_kind_of(prog, map_fd) == -EINVAL && !try_kind_of(prog, -1);
}

const char *kind_name(const struct bpf_program *prog)
{
	if (bpf_program__type(prog) != BPF_PROG_TYPE_XDP)
		return "for tc";
	return kind_flags(prog) & BPF_F_XDP_HAS_FRAGS ? "for XDP and packets of several buffers"
	                                              : "for XDP and packets of one buffer";
}
