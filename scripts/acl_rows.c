// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "scripts/acl_rows.h"

/* What is mapped of rows that are opened in parts. */
struct acl_rows_pages {
	int err;        /* of the first page that could not be */
	int protection; /* of those that are */
	bool is_mapped[];
};

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

/* Returns a descriptor or a negative errno; -ENOENT is not reported. */
static int open_id(__u32 id, __u32 *len)
{
	struct bpf_map_info info;
	int fd = bpf_map_get_fd_by_id(id), err;

	if (fd == -ENOENT)
		return fd;
	if (fd < 0) {
		failed(fd, "cannot open map %u, a set of addresses", id);
		if (fd == -EPERM)
			access_hint("CAP_SYS_ADMIN: maps are opened by id");
		return fd;
	}
	err = map_describe(fd, &info);
	if (err)
		failed(err, "cannot query map %u, a set of addresses", id);
	else
		err = check(&info);
	if (err) {
		close(fd);
		return err;
	}
	*len = info.max_entries;
	return fd;
}

/* Of the map in a slot. One that was taken out since it was looked up is as if it had not been. */
static int open_fd(int sets_fd, __u32 list, __u32 *len)
{
	__u32 id;
	int err = bpf_map_lookup_elem(sets_fd, &list, &id);

	if (err == -ENOENT)
		return err;
	if (err)
		return failed(err, "cannot look up the set of list %u", list);
	return open_id(id, len);
}

static int map_fd(struct acl_rows *rows, int fd, __u32 len, bool writable)
{
	*rows = (struct acl_rows){ .fd = -1 };
	return fd < 0 ? fd : map_rows(rows, fd, len, writable);
}

int acl_rows_open(struct acl_rows *rows, int sets_fd, __u32 list, bool writable)
{
	__u32 len = 0;
	int fd = open_fd(sets_fd, list, &len);

	return map_fd(rows, fd, len, writable);
}

int acl_rows_open_id(struct acl_rows *rows, __u32 id, bool writable)
{
	__u32 len = 0;
	int fd = open_id(id, &len);

	return map_fd(rows, fd, len, writable);
}

int acl_rows_id(const struct acl_rows *rows, __u32 *id)
{
	struct bpf_map_info info;
	int err = map_describe(rows->fd, &info);

	*id = err ? 0 : info.id;
	return err ? failed(err, "cannot query a set of addresses") : 0;
}

static size_t page_of(__u64 row)
{
	return row * sizeof(struct acl_row) / sysconf(_SC_PAGESIZE);
}

static int map_at(const struct acl_rows *rows, size_t offset, size_t bytes)
{
	void *at = mmap((char *)rows->words + offset, bytes, rows->pages->protection,
	                MAP_SHARED | MAP_FIXED, rows->fd, offset);

	return at == MAP_FAILED
	               ? failed(-errno, "cannot map a part of a set of %u rows into memory",
	                        rows->len)
	               : 0;
}

int acl_rows_open_parts(struct acl_rows *rows, int sets_fd, __u32 list, bool writable)
{
	void *words;
	__u32 len;
	int fd = open_fd(sets_fd, list, &len);

	*rows = (struct acl_rows){ .fd = -1 };
	if (fd < 0)
		return fd;
	/* Room for all of it, with nothing there yet. */
	words = mmap(NULL, bytes_of(len), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	             -1, 0);
	*rows = (struct acl_rows){ .fd = fd, .len = len, .words = words };
	rows->pages = calloc(1, sizeof(*rows->pages) + page_of(len) + 1);
	if (words == MAP_FAILED || !rows->pages) {
		rows->words = words == MAP_FAILED ? NULL : words;
		acl_rows_close(rows);
		return failed(-ENOMEM, "cannot map a set of addresses of %u rows into memory", len);
	}
	rows->pages->protection = PROT_READ | (writable ? PROT_WRITE : 0);
	acl_rows_fetch(rows, 0);
	if (!rows->pages->err)
		return 0;
	acl_rows_close(rows);
	return -ENOMEM;
}

__u64 *acl_rows_fetch(const struct acl_rows *rows, __u64 row)
{
	static __u64 none[ACL_ROW_WORDS];
	struct acl_rows_pages *pages = rows->pages;
	size_t size = sysconf(_SC_PAGESIZE), page = page_of(row);

	if (!pages->err && !pages->is_mapped[page]) {
		pages->err = map_at(rows, page * size, size);
		pages->is_mapped[page] = !pages->err;
	}
	if (pages->is_mapped[page])
		return rows->words + row * ACL_ROW_WORDS;
	memset(none, 0, sizeof(none));
	return none;
}

int acl_rows_map_some(const struct acl_rows *rows, __u64 first, __u64 count)
{
	struct acl_rows_pages *pages = rows->pages;
	size_t size = sysconf(_SC_PAGESIZE), from, to;
	bool is_mapped = true;

	if (!pages || !count)
		return 0;
	from = page_of(first);
	to = page_of(first + count - 1) + 1;
	for (size_t page = from; is_mapped && page < to; page++)
		is_mapped = pages->is_mapped[page];
	if (is_mapped || pages->err)
		return pages->err;
	pages->err = map_at(rows, from * size, (to - from) * size);
	if (!pages->err)
		memset(&pages->is_mapped[from], true, to - from);
	return pages->err;
}

int acl_rows_map_all(struct acl_rows *rows)
{
	int err = 0;

	if (!rows->pages)
		return 0;
	err = rows->pages->err ? rows->pages->err : map_at(rows, 0, bytes_of(rows->len));
	if (err)
		return err;
	free(rows->pages);
	rows->pages = NULL;
	return 0;
}

int acl_rows_error(const struct acl_rows *rows)
{
	return rows->pages ? rows->pages->err : 0;
}

void acl_rows_close(struct acl_rows *rows)
{
	if (rows->words)
		munmap(rows->words, bytes_of(rows->len));
	if (rows->fd >= 0)
		close(rows->fd);
	free(rows->pages);
	*rows = (struct acl_rows){ .fd = -1 };
}

int acl_rows_publish(const struct acl_rows *rows, int sets_fd, __u32 list)
{
	int err = bpf_map_update_elem(sets_fd, &list, &rows->fd, BPF_ANY);

	return err ? failed(err, "cannot put the new set of list %u into its place", list) : 0;
}

int acl_rows_take(int sets_fd, __u32 list)
{
	int err = bpf_map_delete_elem(sets_fd, &list);

	return !err || err == -ENOENT ? err : failed(err, "cannot remove the set of list %u", list);
}

int acl_rows_remove(int sets_fd, __u32 list)
{
	int err = acl_rows_take(sets_fd, list);

	return err == -ENOENT ? 0 : err;
}
