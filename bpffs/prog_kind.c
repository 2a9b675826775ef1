// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/prog_kind.h"
#include "compat/libbpf.h"

int prog_kind_try(enum bpf_prog_type type, __u32 attach_type, __u32 flags, int map_fd)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type,
	            .prog_flags = flags);
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = map_fd < 0 ? 0 : BPF_PSEUDO_MAP_FD,
		  .imm = map_fd < 0 ? 0 : map_fd },
		{},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(type, NULL, "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int prog_kind_of_array(int map_fd, struct prog_kind *kind)
{
	const struct prog_kind kinds[] = {
		{ BPF_XDP, false }, { BPF_XDP, true }, { 0, false }, { 0, true }
	};
	int found = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		__u32 flags = kinds[i].frags ? BPF_F_XDP_HAS_FRAGS : 0;

		if (prog_kind_try(BPF_PROG_TYPE_XDP, kinds[i].attach_type, flags, map_fd))
			continue;
		*kind = kinds[i];
		found++;
	}
	return found == 1 ? 0 : -ENOENT;
}

int prog_kind_of(int prog_fd, struct prog_kind *kind)
{
	__u32 zero = 0;
	int fd, err;

	fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, NULL, sizeof(zero), sizeof(zero), 1, NULL);
	if (fd < 0)
		return -ENOENT;
	err = bpf_map_update_elem(fd, &zero, &prog_fd, BPF_ANY) ? -ENOENT
	                                                        : prog_kind_of_array(fd, kind);
	close(fd);
	return err;
}
