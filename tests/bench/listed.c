// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/listed.h"
#include "tests/bench/listed_acl.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

/* xdp-filter's value: whom the entry is about, and above that what it counted. */
#define FILTER_SOURCE 1

/* Keys of key_size bytes and values of value_size bytes, all in one call. */
static int fill_batch(int map_fd, void *keys, void *values, __u32 count)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_ANY);
	__u32 done = count;

	return bpf_map_update_batch(map_fd, keys, values, &done, &opts) ? -errno : 0;
}

static int fill_map(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists, size_t value_size, bool with_length)
{
	size_t address_size = lists->v6 ? 16 : 4, key_size = address_size + (with_length ? 4 : 0);
	const struct prefix *list = kind->addresses ? lists->addresses : lists->prefixes;
	int map_fd = subject_map(subject, kind->map[lists->v6]), err;
	unsigned char *keys = malloc(lists->count * key_size);
	unsigned char *values = malloc(lists->count * value_size);

	err = map_fd < 0 ? map_fd : keys && values ? 0 : -ENOMEM;
	for (__u32 i = 0; !err && i < lists->count; i++) {
		unsigned char *key = keys + i * key_size;
		__u32 len = list[i].len;

		if (with_length)
			memcpy(key, &len, sizeof(len));
		address_bytes(list[i].address, lists->v6, key + key_size - address_size);
		for (size_t at = 0; at < value_size; at += sizeof(__u64))
			*(__u64 *)(values + i * value_size + at) = FILTER_SOURCE;
	}
	if (!err)
		err = fill_batch(map_fd, keys, values, lists->count);
	free(keys);
	free(values);
	return err;
}

static int fill_lpm(const struct subject *subject, const struct listed_kind *kind,
                    const struct lists *lists)
{
	return fill_map(subject, kind, lists, sizeof(__u64), true);
}

static int fill_hash(const struct subject *subject, const struct listed_kind *kind,
                     const struct lists *lists)
{
	return fill_map(subject, kind, lists, sizeof(__u64), false);
}

static int fill_filter(const struct subject *subject, const struct listed_kind *kind,
                       const struct lists *lists)
{
	return fill_map(subject, kind, lists, sizeof(__u64) * libbpf_num_possible_cpus(), false);
}

static int resize_map(struct bpf_object *obj, const struct listed_kind *kind,
                      const struct lists *lists)
{
	return subject_resize(obj, kind->map[lists->v6], lists->count);
}

const struct listed_kind listed_kinds[] = {
	{ .name = "lpm",
	  .what = "the kernel's LPM trie, prefixes",
	  .file = BENCH_BPF "lists.o",
	  .program = { "list_lpm4", "list_lpm6" },
	  .map = { "lpm4", "lpm6" },
	  .fill = fill_lpm,
	  .resize = resize_map },
	{ .name = "hash",
	  .what = "the kernel's hash, single addresses",
	  .file = BENCH_BPF "lists.o",
	  .program = { "list_hash4", "list_hash6" },
	  .map = { "hash4", "hash6" },
	  .addresses = true,
	  .fill = fill_hash,
	  .resize = resize_map },
	{ .name = "xdp-filter",
	  .what = "xdp-filter's IP program, single addresses",
	  .file = "xdpfilt_alw_ip.o",
	  .map = { "filter_ipv4", "filter_ipv6" },
	  .addresses = true,
	  .fill = fill_filter,
	  .resize = resize_map },
	{ .name = "acl-set",
	  .what = "the set that xdp_acl looks a list up in, without the rest of it",
	  .file = BENCH_BPF "sets.o",
	  .program = { "list_set4", "list_set6" },
	  .fill = listed_fill_set,
	  .whole = "xdp_acl",
	  .share = listed_share_set },
	{ .name = "xdp_acl",
	  .what = "ours, prefixes",
	  .file = "objects/xdp_acl.o",
	  .fill = listed_fill_acl },
};
const size_t listed_kinds_len = sizeof(listed_kinds) / sizeof(listed_kinds[0]);

static bool find(const struct listed_kind *kind, char path[PATH_MAX])
{
	const char *tools = subject_xdp_tools();

	if (strchr(kind->file, '/'))
		snprintf(path, PATH_MAX, "%s", kind->file);
	else if (tools)
		snprintf(path, PATH_MAX, "%s/%s", tools, kind->file);
	else
		return false;
	return !access(path, R_OK);
}

bool listed_is_there(const struct listed_kind *kind, struct row *row)
{
	char path[PATH_MAX];

	if (!find(kind, path)) {
		if (strchr(kind->file, '/'))
			row_missing(row, true, "%s is not built yet", kind->file);
		else
			row_missing(row, false, PEER_XDP_TOOLS);
		return false;
	}
	if (!kind->fill)
		row_missing(row, true, "%s is there, what fills its lists is not", kind->file);
	return kind->fill;
}

const struct listed_kind *listed_find(const char *name)
{
	for (size_t i = 0; name && i < listed_kinds_len; i++)
		if (!strcmp(listed_kinds[i].name, name))
			return &listed_kinds[i];
	return NULL;
}

struct size_arg {
	const struct listed_kind *kind;
	const struct lists *lists;
};

static int resize(struct bpf_object *obj, const void *arg)
{
	const struct size_arg *size = arg;

	return size->kind->resize ? size->kind->resize(obj, size->kind, size->lists) : 0;
}

int listed_load(const struct listed_kind *kind, const struct lists *lists, struct subject *subject)
{
	struct size_arg arg = { kind, lists };
	char path[PATH_MAX];

	memset(subject, 0, sizeof(*subject));
	subject->prog_fd = -1;
	if (!find(kind, path))
		return failed(-ENOENT, "cannot find %s", kind->file);
	return subject_load(subject, path, kind->program[lists->v6], resize, &arg);
}

int listed_fill(const struct listed_kind *kind, const struct lists *lists,
                const struct subject *subject)
{
	int err = kind->fill(subject, kind, lists);

	return err ? failed(err, "cannot put %u entries into %s", lists->count, kind->name) : 0;
}

int listed_share(const struct listed_kind *kind, const struct subject *subject,
                 const struct subject *whole, bool v6)
{
	int err = kind->share(subject, whole, v6);

	return err ? failed(err, "cannot put what %s has into %s", kind->whole, kind->name) : 0;
}
