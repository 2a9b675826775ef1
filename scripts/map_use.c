// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/libxdp.h"
#include "scripts/map_use.h"

/* The maps that an attached program uses. */
struct prog_maps {
	bool asked;
	__u32 len, ids[PROG_MAPS];
};

int map_users_query(struct map_users *users, const struct interface *iface)
{
	int err;

	memset(users, 0, sizeof(*users));
	err = attachments_query(&users->attached, iface);
	if (err)
		memset(users, 0, sizeof(*users)); /* nothing is known */
	return err;
}

/* Look behind the attachments, at all programs and maps: slow, and rarely needed. */
static void look_behind(struct map_users *users)
{
	if (!users->looked)
		users->by_id = !live_query(&users->live, &users->attached);
	users->looked = true;
}

void map_users_free(struct map_users *users)
{
	free(users->maps);
	live_free(&users->live);
	attachments_free(&users->attached);
}

/* Ask once for the maps of an attached program; what cannot be asked has none. */
static const struct prog_maps *maps_of(struct map_users *users, size_t i)
{
	struct bpf_prog_info info;
	struct prog_maps *maps;
	int fd;

	if (!users->maps)
		users->maps = calloc(users->attached.len, sizeof(*users->maps));
	if (!users->maps)
		return NULL;
	maps = &users->maps[i];
	if (maps->asked)
		return maps;
	maps->asked = true;
	fd = bpf_prog_get_fd_by_id(users->attached.list[i].prog_id);
	if (fd < 0)
		return maps;
	if (!prog_describe(fd, &info, maps->ids))
		maps->len = info.nr_map_ids;
	close(fd);
	return maps;
}

__u32 map_users_attached(struct map_users *users, enum hook hook, __u32 map_id)
{
	for (size_t i = 0; i < users->attached.len; i++) {
		const struct prog_maps *maps;

		if (users->attached.list[i].hook != hook)
			continue;
		maps = maps_of(users, i);
		for (__u32 k = 0; maps && k < maps->len; k++)
			if (maps->ids[k] == map_id)
				return users->attached.list[i].prog_id;
	}
	return 0;
}

/* Behind a dispatcher there are always programs; before Linux 5.13 they may not be found. */
static bool hides_programs(const struct map_users *users, enum hook hook)
{
	bool dispatcher = false;

	for (size_t i = 0; i < users->live.progs_len; i++) {
		const struct live_prog *prog = &users->live.progs[i];

		if (prog->hook == hook && prog->via_link)
			return false;
		dispatcher |= prog->hook == hook && !strcmp(prog->name, LIBXDP_DISPATCHER);
	}
	return dispatcher;
}

static unsigned int attached_count(const struct map_users *users, enum hook hook)
{
	unsigned int count = 0;

	for (size_t i = 0; i < users->attached.len; i++)
		count += users->attached.list[i].hook == hook;
	return count;
}

/* Without privilege: what runs is a program that was published, and so was the map. */
static enum map_use find_by_record(const struct map_users *users, enum hook hook, __u32 map_id,
                                   const struct record *record, __u32 *prog_id)
{
	enum map_use use = MAP_USE_UNKNOWN;

	if (!record_has_map(record, hook, map_id))
		return use;
	for (size_t i = 0; i < users->attached.len; i++) {
		const struct attachment *at = &users->attached.list[i];

		if (at->hook != hook || !record_has_prog(record, hook, at->prog_id))
			continue;
		use = MAP_USE_RUNS;
		/* Which of several programs uses it, the record does not say. */
		if (attached_count(users, hook) == 1)
			*prog_id = at->prog_id;
	}
	return use;
}

enum map_use map_users_find(struct map_users *users, enum hook hook, __u32 map_id,
                            const struct record *record, __u32 *prog_id)
{
	bool known = users->attached.known[hook];
	const struct live_prog *user;

	*prog_id = map_users_attached(users, hook, map_id);
	if (*prog_id)
		return MAP_USE_RUNS;
	if (known && !attached_count(users, hook))
		return MAP_USE_NOTHING;
	look_behind(users);
	user = live_user(&users->live, hook, map_id);
	*prog_id = user ? user->id : 0;
	if (user)
		return MAP_USE_RUNS;
	if (!users->by_id)
		return record ? find_by_record(users, hook, map_id, record, prog_id)
		              : MAP_USE_UNKNOWN;
	return known && !hides_programs(users, hook) ? MAP_USE_OTHERWISE : MAP_USE_UNKNOWN;
}
