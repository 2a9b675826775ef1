/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ELF object of which one program is loaded: finding, choosing, loading. */
#ifndef PINNING_OBJECT_H
#define PINNING_OBJECT_H

#include <bpf/libbpf.h>
#include <limits.h>
#include <stdbool.h>
#include "bpffs/hook.h"
#include "pinning/explain.h"
#include "pinning/legacy.h"

struct object_choice {
	const char *file;    /* path, or a name without slash: see object_open() */
	const char *section; /* of the program, or NULL */
	const char *program; /* name, or NULL */
	int hook;            /* enum hook, or -1: from the section */
};

/* Ids in the BTF of an object; 0: none. */
struct map_types {
	__u32 key, value;
};

struct object {
	struct bpf_object *obj;
	struct bpf_program *prog; /* that is loaded; others only where a program array needs them */
	enum hook hook;
	char path[PATH_MAX];
	char **map_names; /* in the order of the maps: libbpf forgets a name when a map is reused */
	size_t maps_len;
	struct map_types *types;   /* of maps that are made, in the order of the maps */
	struct legacy_ids old_ids; /* of maps of the old dialect */
	bool loaded;
	struct explanation explanation;
};

/*
 * Where an object is, for all tools: a file name without a slash is looked for in IFBPF_OBJECT_PATH
 * (colon-separated), then among the installed objects, then in the current directory: so what lies
 * there by chance takes no place of theirs. Says so if that has one as well. The path has a slash.
 * Reports its failures. Returns 0 or -ENOENT.
 */
int object_find(const char *file, char path[PATH_MAX]);

/* The hook that a section is meant for, by libbpf's and iproute2's names; -1: any. */
int object_section_hook(const char *section);

/*
 * What a section is for if not for a hook: "devmap" or "cpumap", in whose entries its program runs;
 * or NULL. Such a program comes onto an interface only if both it and the hook are named.
 */
const char *object_section_entry(const char *section);

/*
 * The section says to what in the kernel, or in another program, the program is attached:
 * fentry/vfs_read, lsm/file_open, iter/task, freplace/main.
 */
bool object_section_has_target(const char *section);
bool object_section_lacks_target(const char *section); /* it should say that, and does not */

/*
 * Open a file, in whichever dialect it defines its maps; old_ids, empty before, is to be freed by
 * legacy_ids_free(), after a failure too. Reports its failures. Returns 0 or a negative errno.
 */
int object_read(const char *path, struct bpf_object **obj, struct legacy_ids *old_ids);

/*
 * Open an object and choose its program: by section or name, else the only one, else the only one
 * for the hook. Section names are free: the hook decides the type. The file is found as above.
 * Reports its failures. Returns 0 or a negative errno: -ENOENT, -EINVAL for no usable choice.
 * object_close() must follow in any case.
 */
int object_open(struct object *object, const struct object_choice *choice);

/*
 * Before it is loaded: give its XDP programs another expected attach type than BPF_XDP, 0 for none.
 * Reports its failures. Returns 0 or a negative errno.
 */
int object_set_attach_type(struct object *object, __u32 type);

/* Load it into the kernel (BPF_PROG_LOAD), and fill the program arrays. Reports its failures, with
 * the cause where it is sure.
 */
int object_load(struct object *object);

void object_close(struct object *object);

/* The full name of one of the object's maps. */
const char *object_map_name(const struct object *object, const struct bpf_map *map);

/* The map has data of the object file itself (.rodata, .bss, ...): made anew each time. */
bool object_map_is_internal(const struct bpf_map *map);

#endif
