// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/carry.h"
#include "pinning/carry_open.h"

/*
 * Of a map that is opened to system calls for reading or writing alone, whoever made it has such a
 * descriptor; the map itself gives others to those who open it by its id, as to those who open a
 * pin.
 */
static int open_wholly(struct carried *one)
{
	int fd = bpf_map_get_fd_by_id(one->to_id);

	if (fd >= 0) {
		one->own_fd = fd;
		return fd;
	}
	failed(fd, "cannot open map '%s' both to read and to write it, to carry its content over",
	       one->name);
	if (fd == -EPERM)
		hint("its flags have BPF_F_RDONLY or BPF_F_WRONLY, and to open it by its id takes "
		     "CAP_SYS_ADMIN");
	return fd;
}

int carry_open_target(struct carried *one)
{
	int fd = bpf_map__fd(one->map), err;
	struct bpf_map_info info;

	err = map_describe(fd, &info);
	if (err)
		return failed(err, "cannot query map '%s'", one->name);
	one->to_id = info.id;
	if (!one->joins && bpf_map__map_flags(one->map) & (BPF_F_RDONLY | BPF_F_WRONLY))
		fd = open_wholly(one);
	if (fd < 0)
		return fd;
	migrate_set_target(one->m, fd);
	return 0;
}

int carry_begin(struct carried *one)
{
	__u64 refused;
	int err;

	migrate_begin(one->m);
	err = migrate_count_refused(one->m, &refused);
	if (err || !refused)
		return err;
	rejected(-EPERM,
	         "cannot add what map %u has to map '%s', map %u, which is in place: it is frozen, "
	         "and lacks %llu entr%s",
	         one->from_id, one->name, one->to_id, (unsigned long long)refused,
	         refused == 1 ? "y" : "ies");
	hint("leave behind what map %u has: --on-mismatch %s=fresh", one->from_id,
	     cli_word(one->name));
	return -EPERM;
}
