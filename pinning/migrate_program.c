// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "pinning/migrate_program.h"

/* Pairs of keys for one round through the CPUs. */
#define PAIRS_MAX 4096

/* An array that this process and the program share. */
static int make_array(const char *name, __u32 value_size, __u32 entries, void **mapping,
                      size_t *bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t page = sysconf(_SC_PAGESIZE);
	int err, fd;

	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), value_size, entries, &opts);
	if (fd < 0)
		return fd;
	*bytes = ((size_t)value_size * entries + page - 1) / page * page;
	*mapping = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*mapping != MAP_FAILED)
		return fd;
	err = -errno;
	*mapping = NULL;
	close(fd);
	return err;
}

static size_t padded(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

static int make_maps(struct program *prog, const struct migration *m)
{
	void *mapping;

	prog->new_key_at = padded(m->from.info.key_size);
	prog->pair_bytes = prog->new_key_at + padded(m->to.info.key_size);
	prog->room = (4U << 20) / prog->pair_bytes;
	if (prog->room > PAIRS_MAX)
		prog->room = PAIRS_MAX;
	if (!prog->room)
		return -E2BIG;
	prog->cursor_fd = make_array("migrate_cursor", sizeof(*prog->cursor), 1, &mapping,
	                             &prog->cursor_bytes);
	if (prog->cursor_fd < 0)
		return prog->cursor_fd;
	prog->cursor = mapping;
	prog->keys_fd = make_array("migrate_keys", prog->pair_bytes, prog->room, &mapping,
	                           &prog->keys_bytes);
	if (prog->keys_fd < 0)
		return prog->keys_fd;
	prog->keys = mapping;
	return 0;
}

static int load(const struct program *prog, const struct migration *m, bool far)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct bpf_insn *insns = NULL;
	int fd = program_assemble(prog, m, far, &insns);

	if (fd > 0)
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "migrate_merge", "GPL", insns, fd,
		                   &opts);
	free(insns);
	return fd;
}

int program_load(struct program *prog, const struct migration *m)
{
	int err;

	*prog = (struct program){
		.prog_fd = -1, .far_prog_fd = -1, .keys_fd = -1, .cursor_fd = -1
	};
	err = make_maps(prog, m);
	if (!err) {
		prog->prog_fd = load(prog, m, false);
		prog->no_exchange = prog->prog_fd < 0 && program_exchanges(m);
		if (prog->no_exchange)
			prog->prog_fd = load(prog, m, false);
		err = prog->prog_fd < 0 ? prog->prog_fd : 0;
	}
	if (!err)
		return 0;
	program_unload(prog);
	failed(err, "cannot load the program that merges the counters of map %s",
	       m->from.info.name);
	if (err == -EPERM)
		access_hint("CAP_BPF and CAP_NET_ADMIN");
	return err;
}

int program_load_far(struct program *prog, const struct migration *m)
{
	prog->far_prog_fd = load(prog, m, true);
	return prog->far_prog_fd < 0 ? prog->far_prog_fd : 0;
}

void program_unload(struct program *prog)
{
	const int fds[] = { prog->prog_fd, prog->far_prog_fd, prog->keys_fd, prog->cursor_fd };

	if (prog->cursor)
		munmap((void *)prog->cursor, prog->cursor_bytes);
	if (prog->keys)
		munmap(prog->keys, prog->keys_bytes);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void *program_old_key(const struct program *prog, __u32 i)
{
	return prog->keys + i * prog->pair_bytes;
}

void *program_new_key(const struct program *prog, __u32 i)
{
	return prog->keys + i * prog->pair_bytes + prog->new_key_at;
}

int program_run(const struct program *prog, __u32 count, int cpu, bool far)
{
	__u8 frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));
	int err;

	prog->cursor->index = 0;
	prog->cursor->cpu = (__u32)cpu;
	/* A signal can end a run before all its repetitions are done. */
	while (prog->cursor->index < count) {
		__u32 before = prog->cursor->index;

		opts.repeat = (int)(count - before);
		err = bpf_prog_test_run_opts(far ? prog->far_prog_fd : prog->prog_fd, &opts);
		if (err && err != -EINTR)
			return err;
		if (!err && prog->cursor->index == before)
			return -EXDEV;
	}
	return 0;
}
