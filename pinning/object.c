// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "pinning/map_refused.h"
#include "pinning/object.h"
#include "pinning/object_choose.h"
#include "pinning/object_maps.h"
#include "pinning/object_types.h"
#include "pinning/tails.h"

/*
 * Such a section names what in the kernel its programs are for, and libbpf looks that up whatever
 * type they are given: 1.1 crashes, and later ones have the kernel refuse it.
 */
static int check_target(const struct object *object)
{
	if (!object_section_has_target(bpf_program__section_name(object->prog)))
		return 0;
	rejected(-EOPNOTSUPP,
	         "cannot use program %s of %s: its section %s is for no hook of an "
	         "interface",
	         bpf_program__name(object->prog), object->path,
	         bpf_program__section_name(object->prog));
	return -EOPNOTSUPP;
}

/* Among the maps that count for the programs chosen by now. */
static bool has_program_array(const struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (object_map_counts(map) && bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			return true;
	}
	return false;
}

/* A program that a program array of the object may be filled with. */
static bool is_tail(const struct object *object, const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);
	int hook = object_section_hook(section);

	if (object_section_entry(section) || object_section_has_target(section))
		return false;
	return hook < 0 || (hook == HOOK_XDP) == (object->hook == HOOK_XDP);
}

/*
 * The type of the hook, whatever the section is called. All XDP programs get one expected attach
 * type: the kernel lets neither a link nor a program array mix it with none.
 */
static int set_type(const struct object *object, struct bpf_program *prog)
{
	bool xdp = object->hook == HOOK_XDP;
	enum bpf_prog_type type = xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	int err = 0;

	if (bpf_program__type(prog) != type)
		err = bpf_program__set_type(prog, type);
	if (!err && xdp)
		err = bpf_program__set_expected_attach_type(prog, BPF_XDP);
	return err;
}

/* The chosen program alone, or with those that it may call. */
static int choose_programs(struct object *object, bool tails)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, object->obj) {
		bool wanted = prog == object->prog ||
		              (tails && is_tail(object, prog) && object_places(object, prog));

		if (!err)
			err = bpf_program__set_autoload(prog, wanted);
		if (!err && wanted)
			err = set_type(object, prog);
	}
	if (!err)
		object_maps_choose(object);
	return err;
}

/* Only the chosen program, those that it may call, and the maps that these use. */
static int prepare(struct object *object)
{
	struct bpf_map *map;
	int err = choose_programs(object, false);

	if (!err && has_program_array(object))
		err = choose_programs(object, true);
	/* Where maps are pinned is this layout's matter, whatever the object says of pinning. */
	bpf_object__for_each_map(map, object->obj) {
		if (!err)
			err = bpf_map__set_pin_path(map, NULL);
	}
	return err;
}

/* Internal maps are called by their section: before it libbpf puts a piece of the object's name. */
static const char *plain_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot = object_map_is_internal(map) ? strchr(name, '.') : NULL;

	return dot ? dot : name;
}

static int remember_names(struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		char **names =
			reallocarray(object->map_names, object->maps_len + 1, sizeof(*names));

		if (!names)
			return -ENOMEM;
		object->map_names = names;
		names[object->maps_len] = strdup(plain_name(map));
		if (!names[object->maps_len++])
			return -ENOMEM;
	}
	return 0;
}

const char *object_map_name(const struct object *object, const struct bpf_map *map)
{
	const struct bpf_map *at = NULL;

	for (size_t i = 0; i < object->maps_len; i++) {
		at = bpf_object__next_map(object->obj, at);
		if (at == map)
			return object->map_names[i];
	}
	return bpf_map__name(map);
}

static void note_found(struct object *object)
{
	size_t internal = 0, count = object_maps_count(object);
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		internal += object_map_is_internal(map);
	}
	object->explanation.hook = hook_name(object->hook);
	explain(&object->explanation, EXPLAIN_FOUND, EXPLAIN_DONE,
	        "program %s in section %s for %s; %zu map%s, %zu internal",
	        bpf_program__name(object->prog), bpf_program__section_name(object->prog),
	        hook_name(object->hook), count, count == 1 ? "" : "s", internal);
}

/* libbpf 1.1 crashes when it loads such an object without the programs of its struct_ops. */
static int check_maps(const struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			return rejected(-EOPNOTSUPP,
			                "cannot use object %s: it has struct_ops, '%s', which are "
			                "for no hook of an interface",
			                object->path, bpf_map__name(map));
	}
	return 0;
}

int object_open(struct object *object, const struct object_choice *choice)
{
	int err;

	memset(object, 0, sizeof(*object));
	err = object_find(choice->file, object->path);
	if (err)
		return err;
	err = object_read(object->path, &object->obj, &object->old_ids);
	if (!err)
		err = check_maps(object);
	if (err) {
		explain(&object->explanation, EXPLAIN_OPEN, EXPLAIN_REFUSED, "%s",
		        log_last_failure());
		return err;
	}
	explain(&object->explanation, EXPLAIN_OPEN, EXPLAIN_DONE, "%.200s", object->path);
	err = object_choose(object, choice);
	if (!err)
		err = check_target(object);
	if (err)
		goto refused;
	err = prepare(object);
	if (!err)
		err = remember_names(object);
	if (!err) {
		err = tails_check(object);
		if (err)
			goto refused;
	}
	if (err) {
		failed(err, "cannot prepare program %s of %s", bpf_program__name(object->prog),
		       object->path);
		goto refused;
	}
	note_found(object);
	return 0;
refused:
	explain(&object->explanation, EXPLAIN_FOUND, EXPLAIN_REFUSED, "%s", log_last_failure());
	return err;
}

int object_set_attach_type(struct object *object, __u32 type)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, object->obj) {
		if (!err && bpf_program__autoload(prog))
			err = bpf_program__set_expected_attach_type(prog, type);
	}
	return err ? failed(err, "cannot prepare program %s of %s", bpf_program__name(object->prog),
	                    object->path)
	           : 0;
}

int object_load(struct object *object)
{
	int err;

	err = explain_begin_load(&object->explanation, object->obj, object->prog);
	if (!err)
		err = object_types_expect(object);
	if (!err)
		err = bpf_object__load(object->obj);
	explain_end_load(&object->explanation, object->prog, err);
	object->loaded = !err;
	if (!err)
		return tails_fill(object);
	if (object->explanation.end == EXPLAIN_END_MAP) {
		failed(err, "cannot create map %s of %s, which program %s wants",
		       object->explanation.end_name, object->path, bpf_program__name(object->prog));
		map_refused_hint(object->explanation.end_map, err);
		return err;
	}
	failed(err, "cannot load program %s of %s", bpf_program__name(object->prog), object->path);
	if (object->explanation.checks[EXPLAIN_CAPABILITY].outcome != EXPLAIN_REFUSED)
		return err;
	access_hint("CAP_BPF and CAP_NET_ADMIN");
	return err;
}

void object_close(struct object *object)
{
	bpf_object__close(object->obj);
	object->obj = NULL;
	for (size_t i = 0; i < object->maps_len; i++)
		free(object->map_names[i]);
	free(object->map_names);
	object->map_names = NULL;
	free(object->types);
	object->types = NULL;
	object->maps_len = 0;
	legacy_ids_free(&object->old_ids);
	explain_free(&object->explanation);
}

bool object_map_is_internal(const struct bpf_map *map)
{
	return bpf_map__is_internal(map);
}
