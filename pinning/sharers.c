// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/live.h"
#include "bpffs/name.h"
#include "bpffs/query.h"
#include "pinning/notes.h"
#include "pinning/sharers.h"

/* So many are named. */
#define NAMED 4

/* The path of the directory that a pin of a map is in, without %egress/. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
	char *end;

	snprintf(directory, PATH_MAX, "%s", path);
	end = strrchr(directory, '/');
	if (end)
		*end = '\0';
	end = strrchr(directory, '/');
	if (end && !strcmp(end + 1, DIRECTORY_EGRESS))
		*end = '\0';
}

/* The interface whose directory that is. */
static void name_of(const char *directory, char name[NAME_SIZE])
{
	const char *end = strrchr(directory, '/');

	if (!end || ifname_decode(end + 1, name, NAME_SIZE))
		snprintf(name, NAME_SIZE, "%.200s", directory);
}

static bool is_map_of_interface(const struct owned_pin *pin, __u32 map_id)
{
	return pin->owner == OWNER_INTERFACE && pin->kind == PIN_MAP && pin->id == map_id;
}

/* It gave way to another one there. */
static bool is_old(const struct owned_pin *pin)
{
	const char *file = strrchr(pin->path, '/');
	char name[NAME_SIZE];
	__u32 old_id;

	return file && !mapname_parse(file + 1, name, sizeof(name), &old_id) && old_id == pin->id;
}

static bool prog_uses(const char *path, __u32 map_id)
{
	struct bpf_prog_info info = {};
	__u32 maps[PROG_MAPS];
	bool uses = false;
	int fd = pin_open(AT_FDCWD, path, 0);

	if (fd < 0)
		return false;
	if (!prog_describe(fd, &info, maps))
		for (__u32 i = 0; i < info.nr_map_ids; i++)
			uses |= maps[i] == map_id;
	close(fd);
	return uses;
}

/* The interface of that record runs the program, as far as can be told from here. */
static bool may_run(const struct record *rec, __u32 prog_id)
{
	struct attachments attached = {};
	struct interface now;
	struct netns_id here;
	struct live live;
	bool runs = false;

	if (netns_current(&here) || !netns_equal(&here, &rec->iface.netns) ||
	    interface_by_index(&now, rec->iface.ifindex) ||
	    attachments_query_passing(&attached, &now))
		return true;
	for (int hook = 0; hook < HOOKS; hook++)
		runs |= !attached.known[hook];
	runs |= live_query(&live, &attached) != 0;
	runs = runs || live_has_prog(&live, HOOKS, prog_id);
	live_free(&live);
	attachments_free(&attached);
	return runs;
}

/*
 * What is pinned in %progs/ is in use or was prepared, or else others put another program in its
 * place, and its pin is all that is left of it.
 */
static bool is_left_over(const char *directory, const char *file, __u32 prog_id)
{
	char top[NAME_SIZE];
	struct record rec;
	int hook, fd, err;

	for (hook = 0; hook < HOOKS; hook++) {
		int len = snprintf(top, sizeof(top), "%s/%s/", DIRECTORY_PROGS, hook_name(hook));

		if (!strncmp(file, top, len))
			break;
	}
	fd = hook < HOOKS ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	err = record_read_owner(fd, DIRECTORY_RECORD, &rec);
	close(fd);
	return !err && notes_get_prepared(&rec, hook) != prog_id &&
	       !notes_has_wanted(&rec, hook, prog_id) && !may_run(&rec, prog_id);
}

/* A program that is pinned there, in use or for others to attach, was loaded with the map. */
static bool is_prepared(const struct owners *owners, const char *directory, __u32 map_id)
{
	size_t len = strlen(directory);

	for (size_t i = 0; i < owners->len; i++) {
		const struct owned_pin *pin = &owners->pins[i];

		if (pin->owner == OWNER_INTERFACE && pin->kind == PIN_PROG &&
		    !strncmp(pin->path, directory, len) && pin->path[len] == '/' &&
		    prog_uses(pin->path, map_id) &&
		    !is_left_over(directory, pin->path + len + 1, pin->id))
			return true;
	}
	return false;
}

/* In this network namespace, by its number, whatever its name is; in another one it may be there.
 */
static bool is_gone(const char *directory)
{
	struct interface was, now;
	struct netns_id here;
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return false;
	err = record_read_identity(fd, DIRECTORY_RECORD, &was);
	close(fd);
	return !err && was.ifindex && !netns_current(&here) && netns_equal(&here, &was.netns) &&
	       interface_by_index(&now, was.ifindex) == -ENODEV;
}

static unsigned int name_them(const struct owners *owners, __u32 map_id, bool with_gone, char *text,
                              size_t size)
{
	char name[NAME_SIZE], directory[PATH_MAX], last[PATH_MAX] = "";
	unsigned int count = 0;
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < owners->len; i++) {
		const struct owned_pin *pin = &owners->pins[i];

		if (!is_map_of_interface(pin, map_id))
			continue;
		directory_of(pin->path, directory);
		/* Its pins are found one after the other. */
		if (!strcmp(directory, last) ||
		    (is_old(pin) && !is_prepared(owners, directory, map_id)) ||
		    (!with_gone && is_gone(directory)))
			continue;
		strcpy(last, directory);
		name_of(directory, name);
		if (count++ < NAMED && len < size)
			len += snprintf(text + len, size - len, "%s%.15s", len ? ", " : "", name);
	}
	if (count > NAMED && len < size)
		snprintf(text + len, size - len, " and %u more", count - NAMED);
	return count;
}

unsigned int sharers_name(const struct owners *owners, __u32 map_id, char *text, size_t size)
{
	return name_them(owners, map_id, true, text, size);
}

unsigned int sharers_name_present(const struct owners *owners, __u32 map_id, char *text,
                                  size_t size)
{
	return name_them(owners, map_id, false, text, size);
}

bool sharers_left(const struct owners *owners, __u32 map_id)
{
	for (size_t i = 0; i < owners->len; i++)
		if (is_map_of_interface(&owners->pins[i], map_id) && is_old(&owners->pins[i]))
			return true;
	return false;
}

int sharers_each_left(const struct owners *owners, __u32 map_id,
                      int (*visit)(const char *relative, void *arg), void *arg)
{
	char directory[PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < owners->len; i++) {
		const struct owned_pin *pin = &owners->pins[i];

		if (!pin->layout_len || !is_map_of_interface(pin, map_id) || !is_old(pin))
			continue;
		directory_of(pin->path, directory);
		err = visit(directory + pin->layout_len, arg);
	}
	return err;
}
