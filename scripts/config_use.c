// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/lock.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/progs.h"
#include "bpffs/view.h"
#include "scripts/config_use.h"
#include "scripts/map_use.h"

struct config_use {
	bool asked, silent;
	struct map_users users;
	bool some, stale, unknown; /* of the maps that were looked at */
};

struct config_use *config_use_new(void)
{
	return calloc(1, sizeof(struct config_use));
}

void config_use_free(struct config_use *use)
{
	if (use)
		map_users_free(&use->users);
	free(use);
}

static void forget(struct config_use *use)
{
	map_users_free(&use->users);
	*use = (struct config_use){ .silent = use->silent };
}

void config_use_renew(const struct config *config)
{
	if (config->use)
		forget(config->use);
}

void config_use_silence(const struct config *config)
{
	if (config->use)
		config->use->silent = true;
}

bool config_use_is_stale(const struct config *config)
{
	return config->use && config->use->stale;
}

bool config_use_may_say(const struct config *config)
{
	return config->use && !config->use->stale && !config->use->silent;
}

/* --- a map, over all hooks */

/* Ask what runs. What cannot be asked was reported, and is not known. */
static void ask(const struct config *config)
{
	map_users_free(&config->use->users);
	config->use->asked = true;
	if (map_users_query(&config->use->users, &config->iface))
		config->use->silent = true;
}

/* A flat pin is for all hooks: one that uses it is enough. */
static enum map_use judge(const struct config *config, __u32 map_id)
{
	const struct record *record = config->dir.has_record ? &config->dir.record : NULL;
	enum map_use all = MAP_USE_NOTHING, use;
	__u32 prog_id;

	for (int hook = 0; hook < HOOKS; hook++)
		if (map_users_attached(&config->use->users, hook, map_id))
			return MAP_USE_RUNS;
	for (int hook = 0; hook < HOOKS; hook++) {
		use = map_users_find(&config->use->users, hook, map_id, record, &prog_id);
		if (use == MAP_USE_RUNS)
			return use;
		if (use == MAP_USE_UNKNOWN || (use == MAP_USE_OTHERWISE && all == MAP_USE_NOTHING))
			all = use;
	}
	return all;
}

/*
 * A loader may be between its switch and its pins, which it publishes under the lock. With the lock
 * taken, what is found holds. Returns a descriptor that holds the lock, -1 where there is no need
 * or no way to take it, or -EWOULDBLOCK while somebody else has it.
 */
static int take_lock(const struct config *config)
{
	int fd, err;

	if (config->dir.lock_fd >= 0)
		return -1;
	fd = bpffs_open_dir(config->dir.fd, DIRECTORY_LOCK, O_RDONLY);
	if (fd < 0)
		return -1;
	err = lock_try(fd);
	if (!err)
		return fd;
	close(fd);
	return err == -EWOULDBLOCK ? err : -1;
}

/* The map that was opened is still the one that is pinned. */
static bool is_pinned(const struct config *config, const char *map, __u32 map_id)
{
	__u32 id;

	return !view_map_id(&config->dir, map, &id) && id == map_id;
}

/* Look twice before a pin is called stale. */
static enum map_use judge_again(const struct config *config, const char *map, __u32 map_id)
{
	enum map_use use = MAP_USE_UNKNOWN;
	int lock_fd = take_lock(config);

	if (lock_fd == -EWOULDBLOCK)
		return use;
	if (is_pinned(config, map, map_id)) {
		ask(config);
		use = judge(config, map_id);
	}
	if (lock_fd >= 0)
		close(lock_fd);
	return use;
}

/* --- words */

/* A program that runs, and uses another map of this name; NULL if there is none. */
static const struct live_map *find_rival(const struct map_users *users, const char *map)
{
	for (size_t i = 0; i < users->live.maps_len; i++)
		if (!strncmp(users->live.maps[i].info.name, map, BPF_OBJ_NAME_LEN - 1))
			return &users->live.maps[i];
	return NULL;
}

static bool program_uses(int dir_fd, const char *file, __u32 map_id)
{
	int fd = pin_open(dir_fd, file, 0);
	struct bpf_prog_info info;
	__u32 ids[PROG_MAPS];
	bool uses = false;

	if (fd < 0)
		return false;
	if (pin_kind_of(fd) == PIN_PROG && !prog_describe(fd, &info, ids))
		for (__u32 i = 0; i < info.nr_map_ids; i++)
			uses |= ids[i] == map_id;
	close(fd);
	return uses;
}

/* Find a program pinned under %progs/<hook>/ that uses the map, by name. Returns whether. */
static bool find_prepared(const struct config *config, enum hook hook, __u32 map_id, char *name,
                          size_t size)
{
	char path[NAME_SIZE];
	struct listing progs;
	bool found = false;
	int fd;

	fd = progs_open(&config->dir, hook, path, &progs);
	if (fd < 0)
		return false;
	for (size_t i = 0; !found && i < progs.len; i++) {
		found = program_uses(fd, progs.list[i].name, map_id);
		if (found)
			snprintf(name, size, "%s", progs.list[i].name);
	}
	listing_free(&progs);
	close(fd);
	return found;
}

bool config_was_once(const struct config_once *once, unsigned int ifindex)
{
	for (size_t i = 0; i < sizeof(once->seen) / sizeof(*once->seen); i++)
		if (once->seen[i] == ifindex)
			return true;
	return false;
}

bool config_once(struct config_once *once, unsigned int ifindex)
{
	if (config_was_once(once, ifindex))
		return false;
	once->seen[once->next++ % 2] = ifindex;
	return true;
}

/* It is gone: what was pinned for it waits for the next load here. */
static bool is_of_earlier(const struct config *config)
{
	return config->dir.has_record &&
	       !record_same_interface(&config->dir.record, &config->iface);
}

static void say(const struct config *config, const char *map, __u32 map_id, enum map_use use)
{
	const struct map_users *users = &config->use->users;
	const struct live_map *rival = find_rival(users, map);
	const struct live_prog *prog = rival ? &users->live.progs[rival->prog] : NULL;
	const char *ifname = config->iface.name;
	char prepared[NAME_SIZE];
	bool is_prepared = false;
	int hook;

	if (prog) {
		note("map '%s' in %s is stale: program id %u (%s), which runs on %s, uses another "
		     "one, id %u",
		     map, config->dir.path, prog->id, prog->name, ifname, rival->info.id);
		hint("pin what is in use: %s %s", cli_command("pin_maps"), cli_interface(ifname));
		return;
	}
	if (is_of_earlier(config)) {
		note("%s is of an earlier interface of that name: nothing on this one uses map "
		     "'%s' "
		     "there",
		     config->dir.path, map);
		config_hint_load(config, "load one");
		return;
	}
	for (hook = 0; hook < HOOKS && !is_prepared; hook++)
		is_prepared = find_prepared(config, hook, map_id, prepared, sizeof(prepared));
	if (is_prepared)
		note("program %s of %s, which uses map '%s', is ready, but not attached", prepared,
		     ifname, map);
	else if (use == MAP_USE_NOTHING)
		note("nothing is attached to %s: no program uses map '%s' in %s", ifname, map,
		     config->dir.path);
	else
		note("no program that is attached to %s uses map '%s' in %s", ifname, map,
		     config->dir.path);
	if (config_hint_head(config, map_id))
		return;
	if (!is_prepared)
		config_hint_load(config, "load one");
	else if (!config_hint_row(config, hook - 1, prepared))
		config_hint_attach(config, hook - 1);
}

void config_use_check(const struct config *config, const char *map, __u32 map_id)
{
	struct config_use *use = config->use;
	static struct config_once said;
	enum map_use found;

	if (!use)
		return;
	if (!use->asked)
		ask(config);
	found = judge(config, map_id);
	if ((found == MAP_USE_OTHERWISE || found == MAP_USE_NOTHING) && !use->stale)
		found = judge_again(config, map, map_id);
	use->some = true;
	use->unknown |= found == MAP_USE_UNKNOWN;
	if (found != MAP_USE_OTHERWISE && found != MAP_USE_NOTHING)
		return;
	use->stale = true;
	if (!use->silent && config_once(&said, config->iface.ifindex))
		say(config, map, map_id, found);
}

/* Maps of the loader of ip and tc without libbpf have no names. */
static bool is_in_its_place(const struct bpf_map_info *info, const struct config_map *map)
{
	if (info->type != map->type)
		return false;
	if (info->name[0])
		return !strcmp(info->name, map->name);
	return info->key_size == map->key_size && info->value_size == map->value_size;
}

bool config_use_is_left(const struct config *config, const struct config_map *map, __u32 map_id)
{
	struct config_use *use = config->use;
	enum map_use found;

	if (!use || !use->some || use->stale || use->unknown)
		return false;
	found = judge(config, map_id);
	if (found != MAP_USE_OTHERWISE && found != MAP_USE_NOTHING)
		return false;
	for (size_t i = 0; i < use->users.live.maps_len; i++)
		if (is_in_its_place(&use->users.live.maps[i].info, map))
			return false;
	return true;
}

struct json_object *config_json_begin(const char *schema, const struct config *config)
{
	struct json_object *document = json_begin(schema, &config->iface);
	const struct config_use *use = config->use;

	if (use && use->stale)
		json_put_bool(document, "stale", true);
	else if (use && use->some && !use->unknown)
		json_put_bool(document, "stale", false);
	else
		json_object_object_add(document, "stale", NULL);
	return document;
}
