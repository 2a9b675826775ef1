// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/idlist.h"
#include "bpffs/log.h"
#include "pinning/notes.h"

/* A record has room for more than these. */
#define WANTED_SIZE 128

static void section_key(enum hook hook, char key[32])
{
	snprintf(key, 32, "%s_section", hook_name(hook));
}

int notes_set_section(struct record *rec, enum hook hook, const char *section)
{
	char key[32];
	int err;

	section_key(hook, key);
	record_unset_other(rec, key);
	err = section ? record_set_other(rec, key, section) : 0;
	return err ? failed(err, "cannot note section %s in a record", section) : 0;
}

int notes_get_section(const struct record *rec, enum hook hook, char *section, size_t size)
{
	char key[32];

	section_key(hook, key);
	return record_get_other(rec, key, section, size);
}

#define MODE_KEY "xdp_mode"

int notes_set_mode(struct record *rec, enum xdp_mode mode)
{
	int err;

	record_unset_other(rec, MODE_KEY);
	err = mode == XDP_MODE_NONE ? 0 : record_set_other(rec, MODE_KEY, xdp_mode_name(mode));
	return err ? failed(err, "cannot note an XDP mode in a record") : 0;
}

enum xdp_mode notes_get_mode(const struct record *rec)
{
	char text[16];

	if (!record_get_other(rec, MODE_KEY, text, sizeof(text)))
		for (int mode = XDP_MODE_SKB; mode <= XDP_MODE_NATIVE; mode++)
			if (!strcmp(text, xdp_mode_name(mode)))
				return mode;
	return XDP_MODE_NONE;
}

int notes_set_dead_link(struct record *rec, enum hook hook, bool dead)
{
	char key[32];
	int err;

	snprintf(key, sizeof(key), "%s_link", hook_name(hook));
	record_unset_other(rec, key);
	err = dead ? record_set_other(rec, key, "1") : 0;
	return err ? failed(err, "cannot note in a record that a link was there") : 0;
}

bool notes_get_dead_link(const struct record *rec, enum hook hook)
{
	char key[32], flag[8];

	snprintf(key, sizeof(key), "%s_link", hook_name(hook));
	return !record_get_other(rec, key, flag, sizeof(flag));
}

static void prepared_key(enum hook hook, char key[32])
{
	snprintf(key, 32, "%s_prepared", hook_name(hook));
}

int notes_set_prepared(struct record *rec, enum hook hook, __u32 prog_id)
{
	char key[32], text[16];
	int err;

	prepared_key(hook, key);
	snprintf(text, sizeof(text), "%u", prog_id);
	record_unset_other(rec, key);
	err = prog_id ? record_set_other(rec, key, text) : 0;
	return err ? failed(err, "cannot note program %u in a record", prog_id) : 0;
}

__u32 notes_get_prepared(const struct record *rec, enum hook hook)
{
	char key[32], text[16];

	prepared_key(hook, key);
	return record_get_other(rec, key, text, sizeof(text)) ? 0 : strtoul(text, NULL, 10);
}

/* Lists of ids, each of a hook: what stands behind its name in the key. */
#define WANTED "wanted"
#define LEFT   "left"

static void list_key(enum hook hook, const char *list, char key[32])
{
	snprintf(key, 32, "%s_%s", hook_name(hook), list);
}

/* max: the text is to be no longer, and the oldest go: they have the lowest ids. */
static int list_add(struct record *rec, enum hook hook, const char *list, __u32 id, size_t max)
{
	char key[32], text[IDLIST_SIZE] = "", *second;
	int err;

	list_key(hook, list, key);
	record_get_other(rec, key, text, sizeof(text));
	err = idlist_add(text, id, '.');
	if (err)
		return err;
	while (strlen(text) >= max && (second = strchr(text, '.')))
		memmove(text, second + 1, strlen(second + 1) + 1);
	return record_set_other(rec, key, text);
}

static bool list_has(const struct record *rec, enum hook hook, const char *list, __u32 id)
{
	char key[32], text[IDLIST_SIZE];

	list_key(hook, list, key);
	return !record_get_other(rec, key, text, sizeof(text)) && idlist_has(text, id);
}

static void list_drop(struct record *rec, enum hook hook, const char *list)
{
	char key[32];

	list_key(hook, list, key);
	record_unset_other(rec, key);
}

void notes_add_wanted(struct record *rec, enum hook hook, __u32 prog_id)
{
	list_add(rec, hook, WANTED, prog_id, WANTED_SIZE);
}

bool notes_has_wanted(const struct record *rec, enum hook hook, __u32 prog_id)
{
	return list_has(rec, hook, WANTED, prog_id);
}

void notes_drop_wanted(struct record *rec, enum hook hook)
{
	list_drop(rec, hook, WANTED);
}

int notes_add_left(struct record *rec, enum hook hook, __u32 map_id)
{
	return list_add(rec, hook, LEFT, map_id, IDLIST_SIZE);
}

bool notes_has_left(const struct record *rec, enum hook hook, __u32 map_id)
{
	return list_has(rec, hook, LEFT, map_id);
}

void notes_drop_left(struct record *rec, enum hook hook)
{
	list_drop(rec, hook, LEFT);
}

int notes_set_shared(struct record *rec, enum hook hook, unsigned int interfaces)
{
	char key[32], number[16];
	int err;

	snprintf(key, sizeof(key), "%s_shared", hook_name(hook));
	snprintf(number, sizeof(number), "%u", interfaces);
	record_unset_other(rec, key);
	err = interfaces > 1 ? record_set_other(rec, key, number) : 0;
	return err ? failed(err, "cannot note in a record that maps are shared") : 0;
}

unsigned int notes_get_shared(const struct record *rec, enum hook hook)
{
	char key[32], number[16];

	snprintf(key, sizeof(key), "%s_shared", hook_name(hook));
	return record_get_other(rec, key, number, sizeof(number)) ? 1 : strtoul(number, NULL, 10);
}
