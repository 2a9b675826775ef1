// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "scripts/acl_rows.h"

static size_t bytes_of(__u32 len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return ((size_t)len * sizeof(struct acl_row) + page - 1) / page * page;
}

/* Consumes the descriptor. */
static int map_rows(struct acl_rows *rows, int fd, __u32 len, bool writable)
{
	void *words = mmap(NULL, bytes_of(len), PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
	                   fd, 0);
	int err = 0;

	if (words == MAP_FAILED) {
		err = -errno;
		close(fd);
		return failed(err, "cannot map a set of addresses of %u rows into memory", len);
	}
	*rows = (struct acl_rows){ .fd = fd, .len = len, .words = words };
	return 0;
}

static int make(struct acl_rows *rows, const char *name, __u64 len, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE | flags);
	int fd;

	*rows = (struct acl_rows){ .fd = -1 };
	if (len > (__u32)-1)
		return failed(-E2BIG, "cannot make a set of addresses of %llu rows",
		              (unsigned long long)len);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), sizeof(struct acl_row), len,
	                    &opts);
	if (fd < 0)
		return failed(fd, "cannot make a set of addresses of %llu rows",
		              (unsigned long long)len);
	return map_rows(rows, fd, len, true);
}

int acl_rows_make(struct acl_rows *rows, const char *name, __u64 len)
{
	return make(rows, name, len, BPF_F_INNER_MAP);
}

int acl_rows_make_equal(struct acl_rows *rows, const char *name, __u64 len)
{
	return make(rows, name, len, 0);
}

static int check(const struct bpf_map_info *info)
{
	if (info->type == BPF_MAP_TYPE_ARRAY && info->value_size == sizeof(struct acl_row) &&
	    info->map_flags & BPF_F_MMAPABLE)
		return 0;
	return rejected(-EINVAL, "cannot read map %u as a set of addresses", info->id);
}

int acl_rows_open(struct acl_rows *rows, int sets_fd, __u32 list, bool writable)
{
	struct bpf_map_info info;
	__u32 id;
	int fd, err;

	*rows = (struct acl_rows){ .fd = -1 };
	err = bpf_map_lookup_elem(sets_fd, &list, &id);
	if (err == -ENOENT)
		return err;
	if (err)
		return failed(err, "cannot look up the set of list %u", list);
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0) {
		failed(fd, "cannot open map %u, the set of list %u", id, list);
		if (fd == -EPERM)
			hint("run as root: maps are opened by id with CAP_SYS_ADMIN only");
		return fd;
	}
	err = map_describe(fd, &info);
	if (err)
		failed(err, "cannot query map %u, the set of list %u", id, list);
	else
		err = check(&info);
	if (err) {
		close(fd);
		return err;
	}
	return map_rows(rows, fd, info.max_entries, writable);
}

void acl_rows_close(struct acl_rows *rows)
{
	if (rows->words)
		munmap(rows->words, bytes_of(rows->len));
	if (rows->fd >= 0)
		close(rows->fd);
	*rows = (struct acl_rows){ .fd = -1 };
}

int acl_rows_publish(const struct acl_rows *rows, int sets_fd, __u32 list)
{
	int err = bpf_map_update_elem(sets_fd, &list, &rows->fd, BPF_ANY);

	return err ? failed(err, "cannot put the new set of list %u into its place", list) : 0;
}

int acl_rows_remove(int sets_fd, __u32 list)
{
	int err = bpf_map_delete_elem(sets_fd, &list);

	return !err || err == -ENOENT ? 0 : failed(err, "cannot remove the set of list %u", list);
}
