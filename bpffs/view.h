/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A consistent view of an interface's pins: all of one generation, or none. */
#ifndef BPFFS_VIEW_H
#define BPFFS_VIEW_H

#include <linux/bpf.h>
#include "bpffs/directory.h"

struct view_map {
	char name[NAME_SIZE]; /* the map's full name */
	bool egress;          /* pinned in %egress/ rather than under the flat name */
	__u32 old_id;         /* 0, or the id that a replaced map is marked with */
	int fd;
	struct bpf_map_info info;
};

struct view {
	bool has_record;
	struct record record; /* of the moment at which all the maps were opened */
	struct view_map *maps;
	size_t len;
};

/*
 * Open the maps of an interface's directory that have one of `len` names, or all maps if names is
 * NULL: the flat pins and those in %egress/, with what replacements left of them. Takes no lock;
 * while a writer exchanges the pins, it waits for the next generation. flags: 0 or BPF_F_RDONLY.
 * Returns 0 (also with no map at all), -EAGAIN if a killed writer left an exchange unfinished, or
 * another negative errno; reported. view_close() releases it.
 */
int view_open(struct view *view, const struct directory *dir, const char *const *names, size_t len,
              __u32 flags);
void view_close(struct view *view);

/* The path of its pin below the directory; size is MAP_PATH_SIZE. */
void view_map_path(const struct view_map *map, char *out, size_t size);

/*
 * Whether this map of a view is the one in place for all who configure or read it: that with the
 * flat name, or, if there is none, that of the egress hook alone. What was replaced is not.
 */
bool view_is_in_place(const struct view *view, const struct view_map *map);

/*
 * The id of the map of that name that is in place in a directory now. Returns 0, -ENOENT if there
 * is none, or another negative errno; silent.
 */
int view_map_id(const struct directory *dir, const char *name, __u32 *id);

/*
 * List all maps of a directory for its writer, who holds the lock: whatever the generation says,
 * without keeping anything open (fd is -1). Returns 0 or a negative errno; reported.
 */
int view_list(struct view *view, const struct directory *dir);

/* The map of that name and id was in its flat place. */
bool view_has_flat(const struct view *view, const char *name, __u32 id);

/* The generation of a directory now; 0 if it has no record. For readers that watch. */
__u64 view_generation(const struct directory *dir);

#endif
