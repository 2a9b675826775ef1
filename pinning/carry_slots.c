// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/carry_inner.h"
#include "pinning/carry_slots.h"
#include "pinning/shape.h"

/* The id of what is in a slot: of a map or a program; 0: it is empty. Returns 0 or a negative
 * errno.
 */
static int get_slot(int map_fd, const void *key, __u32 *id)
{
	*id = 0;
	if (!bpf_map_lookup_elem(map_fd, key, id))
		return 0;
	*id = 0;
	/* Behind the end, for a shorter one. */
	return errno == ENOENT || errno == E2BIG ? 0 : -errno;
}

static bool is_empty(int map_fd, const struct bpf_map_info *info)
{
	__u32 id;

	for (__u32 key = 0; key < info->max_entries; key++)
		if (get_slot(map_fd, &key, &id) || id)
			return false;
	return true;
}

bool carry_is_slots(const struct carried *one)
{
	const struct bpf_map_info *from = &one->from.info, *to = &one->to.info;

	if (one->class != MIGRATE_CONFIG)
		return false;
	if (from->type == BPF_MAP_TYPE_PROG_ARRAY)
		return is_empty(one->from.fd, from);
	return shape_holds_maps(from->type) && from->type == to->type &&
	       from->key_size == to->key_size;
}

static bool is_zero(const __u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* The new table has nothing there, or the same. */
static bool agrees_on_value(const struct carried *other, const void *key)
{
	size_t from_size = other->from.info.value_size, to_size = other->to.info.value_size;
	__u8 *from = calloc(1, from_size), *to = calloc(1, to_size);
	bool agrees = false;

	if (from && to && !bpf_map_lookup_elem(other->to.fd, key, to))
		agrees = is_zero(to, to_size) ||
		         (from_size == to_size && !bpf_map_lookup_elem(other->from.fd, key, from) &&
		          !memcmp(from, to, to_size));
	free(from);
	free(to);
	return agrees;
}

static bool agrees_on_slot(const struct carried *other, const void *key)
{
	__u32 from, to;

	return !get_slot(other->from.fd, key, &from) && !get_slot(other->to.fd, key, &to) &&
	       (!to || to == from);
}

/*
 * Which replacement left it, the last one 0, as far as that can be told: the kernel counts ids up.
 */
static size_t age_of(const struct carry *carry, const struct carried *one)
{
	size_t age = 0;

	for (size_t i = 0; i < carry->len; i++)
		age += carry->list[i]->to_id == one->to_id &&
		       carry->list[i]->from_id > one->from_id;
	return age;
}

static bool is_beside(const struct carried *other, const struct carried *one)
{
	const struct bpf_map_info *to = &other->to.info;

	return other->placed && other->class == MIGRATE_CONFIG && to->key_size == sizeof(__u32) &&
	       to->max_entries == one->to.info.max_entries &&
	       (to->type == BPF_MAP_TYPE_ARRAY || to->type == BPF_MAP_TYPE_ARRAY_OF_MAPS) &&
	       other->from.info.type == to->type;
}

/* What other tables have in this row does not contradict: the new ones may have been edited. */
static bool row_is_ours(const struct carried *one, const struct carry *carry, const void *key)
{
	size_t age = age_of(carry, one);

	if (one->to.info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS)
		return true;
	for (size_t i = 0; i < carry->len; i++) {
		const struct carried *other = carry->list[i];

		if (other == one || !is_beside(other, one) || age_of(carry, other) != age)
			continue;
		if (other->slots ? !agrees_on_slot(other, key) : !agrees_on_value(other, key))
			return false;
	}
	return true;
}

__attribute__((format(printf, 3, 4))) static int leave(struct carried *one, const void *key,
                                                       const char *fmt, ...)
{
	char why[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	if (!one->slots_left++ && one->from.info.key_size == sizeof(__u32))
		snprintf(one->slots_why, sizeof(one->slots_why), "slot %u: %s", *(const __u32 *)key,
		         why);
	else if (one->slots_left == 1)
		snprintf(one->slots_why, sizeof(one->slots_why), "%s", why);
	return 0;
}

static int put(struct carried *one, const void *key, __u32 id, bool write)
{
	int fd = bpf_map_get_fd_by_id(id), err = fd < 0 ? -errno : 0, fits = 1;

	/* Taken out meanwhile, and gone. */
	if (err == -ENOENT)
		return 0;
	if (!err)
		fits = carry_inner_fits(fd, one->inner);
	if (fits < 0)
		err = fits;
	if (!fits) {
		close(fd);
		return leave(one, key, "the new one takes maps of other types than map %u", id);
	}
	if (!err && write && bpf_map_update_elem(one->to.fd, key, &fd, BPF_ANY))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err == -EINVAL)
		return leave(one, key, "the new one takes maps of another definition than map %u",
		             id);
	if (err == -E2BIG)
		return leave(one, key, "the new one has no such slot");
	return err ? failed(err, "cannot put map %u into map '%s'", id, one->name) : 0;
}

static int carry_slot(struct carried *one, const struct carry *carry, const void *key, bool write)
{
	__u32 from, to;
	int err = get_slot(one->from.fd, key, &from);

	if (!err)
		err = get_slot(one->to.fd, key, &to);
	if (err)
		return failed(err, "cannot read what is in map '%s'", one->name);
	if (!from || from == to)
		return 0;
	if (to)
		return leave(one, key, "the new one has map %u there", to);
	if (!row_is_ours(one, carry, key))
		return leave(one, key, "what belongs to it was set in the new maps meanwhile");
	return put(one, key, from, write);
}

static int each_slot(struct carried *one, const struct carry *carry, bool write)
{
	__u32 key_size = one->from.info.key_size;
	__u8 *key = calloc(2, key_size), *previous = NULL;
	int err = 0;

	if (!key)
		return failed(-ENOMEM, "cannot carry map '%s' over", one->name);
	one->slots_left = 0;
	while (!err && !bpf_map_get_next_key(one->from.fd, previous, key)) {
		err = carry_slot(one, carry, key, write);
		previous = key + key_size;
		memcpy(previous, key, key_size);
	}
	free(key);
	return err;
}

int carry_foresee_slots(struct carried *one, const struct carry *carry)
{
	return shape_holds_maps(one->from.info.type) ? each_slot(one, carry, false) : 0;
}

int carry_finish_slots(struct carried *one, const struct carry *carry)
{
	int err = 0;

	if (shape_holds_maps(one->from.info.type)) {
		/* What is put into it later would be lost. */
		if (!one->shared)
			bpf_map_freeze(one->from.fd);
		err = each_slot(one, carry, true);
	}
	one->finished = !err;
	one->complete = !err && !one->shared && !one->slots_left;
	if (!err && one->slots_left)
		note("map '%s': %llu map%s in it stay%s in %%old-%u: %s", one->name,
		     (unsigned long long)one->slots_left, one->slots_left == 1 ? "" : "s",
		     one->slots_left == 1 ? "s" : "", one->from_id, one->slots_why);
	return err;
}

/* What comes first is less. */
static int compare(const struct carry *carry, const struct carried *a, const struct carried *b)
{
	size_t age_a = age_of(carry, a), age_b = age_of(carry, b);

	if (age_a != age_b)
		return age_a < age_b ? -1 : 1;
	if (a->slots != b->slots)
		return a->slots ? -1 : 1;
	if (a->to.info.max_entries != b->to.info.max_entries)
		return a->to.info.max_entries > b->to.info.max_entries ? -1 : 1;
	return 0;
}

struct carried **carry_order(const struct carry *carry)
{
	struct carried **list = calloc(carry->len + 1, sizeof(*list));

	/* There are few. Those that are alike stay in their order. */
	for (size_t i = 0; list && i < carry->len; i++) {
		size_t at = i;

		for (; at && compare(carry, list[at - 1], carry->list[i]) > 0; at--)
			list[at] = list[at - 1];
		list[at] = carry->list[i];
	}
	return list;
}
