// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <string.h>
#include "bpffs/record.h"

void record_init(struct record *rec, const struct interface *iface)
{
	memset(rec, 0, sizeof(*rec));
	rec->group = RECORD_NO_GROUP;
	if (iface)
		rec->iface = *iface;
}

static bool has_id(const __u32 *ids, unsigned int len, __u32 id)
{
	for (unsigned int i = 0; i < len; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void add_id(struct record_hook *hook, __u32 *ids, unsigned int *len, __u32 id)
{
	if (has_id(ids, *len, id))
		return;
	if (*len == RECORD_IDS)
		hook->cut = true;
	else
		ids[(*len)++] = id;
}

void record_add_prog(struct record *rec, enum hook hook, __u32 prog_id)
{
	struct record_hook *h = &rec->hooks[hook];

	add_id(h, h->progs, &h->progs_len, prog_id);
}

void record_add_map(struct record *rec, enum hook hook, __u32 map_id)
{
	struct record_hook *h = &rec->hooks[hook];

	add_id(h, h->maps, &h->maps_len, map_id);
}

static void remove_id(__u32 *ids, unsigned int *len, __u32 id)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < *len; i++)
		if (ids[i] != id)
			ids[left++] = ids[i];
	*len = left;
}

void record_remove_prog(struct record *rec, enum hook hook, __u32 prog_id)
{
	remove_id(rec->hooks[hook].progs, &rec->hooks[hook].progs_len, prog_id);
}

void record_remove_map(struct record *rec, enum hook hook, __u32 map_id)
{
	remove_id(rec->hooks[hook].maps, &rec->hooks[hook].maps_len, map_id);
}

bool record_has_prog(const struct record *rec, enum hook hook, __u32 prog_id)
{
	return has_id(rec->hooks[hook].progs, rec->hooks[hook].progs_len, prog_id);
}

/* What is cut by the length of the text are maps first, and programs when no map is named. */
bool record_lacks_progs(const struct record *rec, enum hook hook)
{
	const struct record_hook *h = &rec->hooks[hook];

	return h->cut && (h->progs_len == RECORD_IDS || !h->maps_len);
}

bool record_has_map(const struct record *rec, enum hook hook, __u32 map_id)
{
	return has_id(rec->hooks[hook].maps, rec->hooks[hook].maps_len, map_id);
}

bool record_same_interface(const struct record *rec, const struct interface *iface)
{
	return rec->iface.ifindex == iface->ifindex &&
	       netns_equal(&rec->iface.netns, &iface->netns);
}
