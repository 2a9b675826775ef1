// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/gc_pins.h"
#include "pinning/gc_stay.h"

struct gc_stay {
	char *relative;
	struct record record;
	bool read;
	struct gc_content content;
};

int gc_stay_add(struct gc *gc, const struct directory *dir)
{
	struct gc_stay *list = reallocarray(gc->stay, gc->stay_len + 1, sizeof(*list));
	char *relative = strdup(dir->relative);

	if (list)
		gc->stay = list;
	if (!list || !relative) {
		free(relative);
		return failed(-ENOMEM, "cannot note that %s stays", dir->path);
	}
	list[gc->stay_len++] = (struct gc_stay){ .relative = relative, .record = dir->record };
	return 0;
}

void gc_stay_free(struct gc *gc)
{
	for (size_t i = 0; i < gc->stay_len; i++) {
		gc_content_free(&gc->stay[i].content);
		free(gc->stay[i].relative);
	}
	free(gc->stay);
	gc->stay = NULL;
	gc->stay_len = 0;
}

static const struct gc_content *content_of(struct gc *gc, struct gc_stay *stay)
{
	struct directory dir;

	if (stay->read)
		return &stay->content;
	stay->read = true;
	if (directory_open_quietly(&dir, &gc->fs, stay->relative))
		return &stay->content;
	if (gc_content_read(gc, &dir, &stay->content))
		memset(&stay->content, 0, sizeof(stay->content));
	directory_close(&dir);
	return &stay->content;
}

bool gc_stay_has_prog(struct gc *gc, __u32 prog_id)
{
	for (size_t i = 0; i < gc->stay_len; i++) {
		const struct gc_content *content = content_of(gc, &gc->stay[i]);

		for (size_t j = 0; j < content->progs_len; j++)
			if (content->progs[j].id == prog_id)
				return true;
	}
	return false;
}

bool gc_stay_has_map(struct gc *gc, __u32 map_id)
{
	for (size_t i = 0; i < gc->stay_len; i++)
		if (gc_ids_has(&content_of(gc, &gc->stay[i])->maps, map_id))
			return true;
	return false;
}

static bool names_prog(const struct record *rec, __u32 prog_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_prog(rec, hook, prog_id))
			return true;
	return false;
}

bool gc_stay_names(struct gc *gc, __u32 prog_id, __u32 map_id)
{
	for (size_t i = 0; i < gc->stay_len; i++)
		if (names_prog(&gc->stay[i].record, prog_id) &&
		    gc_ids_has(&content_of(gc, &gc->stay[i])->maps, map_id))
			return true;
	return false;
}

static bool has_interface(const struct gc *gc, const struct interface *iface)
{
	for (size_t i = 0; i < gc->stay_len; i++)
		if (record_same_interface(&gc->stay[i].record, iface))
			return true;
	return false;
}

bool gc_stay_runs(struct gc *gc, __u32 prog_id)
{
	bool runs = false;

	for (size_t i = 0; i < gc->attached.len; i++) {
		const struct gc_attachment *at = &gc->attached.list[i];

		if (at->prog_id != prog_id)
			continue;
		if (!has_interface(gc, &at->iface))
			return false;
		runs = true;
	}
	return runs;
}
