// SPDX-License-Identifier: GPL-2.0-or-later
/* The object as libbpf reads it: types of programs, definitions of maps, the reason of a refusal.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "compat/legacy_elf.h"
#include "pinning/btf_check.h"
#include "pinning/inspect_internal.h"
#include "pinning/migrate.h"
#include "pinning/object.h"
#include "pinning/object_maps.h"

/* The last warning says it; those about the object as a whole come before. */
static void keep_warning(const char *text, void *arg)
{
	char *why = arg;

	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	snprintf(why, INSPECT_WHY, "%.*s", (int)strcspn(text, "\n"), text);
}

static int try_open(const char *path, void *arg, char why[INSPECT_WHY])
{
	struct bpf_object *obj;
	int err;

	(void)arg;
	log_listen(keep_warning, why);
	obj = bpf_object__open_file(path, NULL);
	err = obj ? 0 : -errno;
	if (!err)
		*why = '\0'; /* it warned of something, and went on */
	else if (!*why)
		libbpf_strerror(err, why, INSPECT_WHY);
	bpf_object__close(obj);
	return err;
}

static int try_btf(const char *path, void *arg, char why[INSPECT_WHY])
{
	struct btf *btf = btf__parse_elf(path, NULL);
	int err = btf ? btf_check(btf, why) : 0;

	(void)arg;
	btf__free(btf);
	return err;
}

static int try_rewrite(const char *path, void *arg, char why[INSPECT_WHY])
{
	struct legacy_elf e = { .path = path };
	const struct inspection *in = arg;
	int err = legacy_check(&e, in->fd, ELF_C_READ);

	if (err)
		snprintf(why, INSPECT_WHY, "%s", legacy_refusal());
	legacy_close(&e);
	return err;
}

/* struct xdp_md or struct __sk_buff, by the first argument of the function. */
static enum inspect_kind kind_by_argument(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const char *argument;

	type = type ? btf__type_by_id(btf, type->type) : NULL;
	if (!type || !btf_is_func_proto(type) || !btf_vlen(type))
		return INSPECT_UNKNOWN;
	type = btf__type_by_id(btf, btf_params(type)->type);
	if (!type || !btf_is_ptr(type))
		return INSPECT_UNKNOWN;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_struct(type))
		return INSPECT_UNKNOWN;
	argument = btf__name_by_offset(btf, type->name_off);
	return !strcmp(argument, "xdp_md")      ? INSPECT_XDP
	       : !strcmp(argument, "__sk_buff") ? INSPECT_TC
	                                        : INSPECT_UNKNOWN;
}

/* What runs on no hook of an interface has a section of its own. */
static enum inspect_kind kind_of(enum bpf_prog_type type, int hook)
{
	if (hook >= 0)
		return hook == HOOK_XDP ? INSPECT_XDP : INSPECT_TC;
	if (type == BPF_PROG_TYPE_XDP)
		return INSPECT_XDP;
	if (type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT)
		return INSPECT_TC;
	return type == BPF_PROG_TYPE_UNSPEC ? INSPECT_UNKNOWN : INSPECT_OTHER;
}

static void name_type(struct inspect_prog *prog, enum bpf_prog_type type)
{
	const char *name = type ? libbpf_bpf_prog_type_str(type) : NULL;

	if (!name)
		name = prog->kind == INSPECT_XDP  ? "xdp"
		       : prog->kind == INSPECT_TC ? "sched_cls"
		                                  : "-";
	snprintf(prog->type, sizeof(prog->type), "%s", name);
}

static void read_prog(struct inspection *in, struct inspect_prog *prog)
{
	enum bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
	enum bpf_attach_type attach;
	struct bpf_program *known;
	const struct btf *btf;

	/* It knows sections also of objects that it refuses. */
	prog->libbpf_knows = !libbpf_prog_type_by_name(prog->section, &type, &attach);
	known = in->obj ? bpf_object__find_program_by_name(in->obj, prog->name) : NULL;
	if (known)
		type = bpf_program__type(known);
	prog->hook = object_section_hook(prog->section);
	prog->kind = kind_of(type, prog->hook);
	btf = in->obj && !*in->btf_why ? bpf_object__btf(in->obj) : NULL;
	if (prog->kind == INSPECT_UNKNOWN && btf) {
		prog->kind = kind_by_argument(btf, prog->name);
		prog->by_arguments = prog->kind != INSPECT_UNKNOWN;
	}
	if (prog->hook < 0 && prog->kind == INSPECT_XDP)
		prog->hook = HOOK_XDP;
	else if (prog->hook < 0 && prog->kind == INSPECT_TC)
		prog->hook = HOOK_TC_INGRESS;
	prog->is_entry = prog->kind == INSPECT_XDP && object_section_entry(prog->section);
	prog->bpf_type = type;
	prog->is_ext = type == BPF_PROG_TYPE_EXT;
	prog->has_target = object_section_has_target(prog->section);
	name_type(prog, type);
}

static void read_map(const struct inspection *in, struct bpf_map *map, struct inspect_map *to)
{
	const struct btf *btf = *in->btf_why ? NULL : bpf_object__btf(in->obj);
	const char *tagged;

	to->name = bpf_map__name(map);
	to->type = bpf_map__type(map);
	to->key_size = bpf_map__key_size(map);
	to->value_size = bpf_map__value_size(map);
	to->max_entries = bpf_map__max_entries(map);
	to->flags = bpf_map__map_flags(map);
	if (bpf_map__inner_map(map))
		to->inner_flags = bpf_map__map_flags(bpf_map__inner_map(map));
	to->is_defined = true;
	to->is_internal = bpf_map__is_internal(map);
	to->is_pinned = bpf_map__pin_path(map) != NULL;
	tagged = migrate_class_name(migrate_class_of(btf, to->name, to->type));
	to->class = to->is_internal ? NULL : tagged;
}

static void read_maps(struct inspection *in)
{
	struct inspect_map *list = NULL;
	struct bpf_map *map;
	size_t len = 0;

	bpf_object__for_each_map(map, in->obj) {
		struct inspect_map *more = reallocarray(list, len + 1, sizeof(*list));

		if (!more) {
			in->no_memory = true;
			break;
		}
		list = more;
		memset(&list[len], 0, sizeof(*list));
		read_map(in, map, &list[len++]);
	}
	free(in->maps);
	in->maps = list;
	in->maps_len = len;
}

/* Which maps the programs refer to, by load's own look at them. */
static void read_uses(struct inspection *in)
{
	struct object object = { .obj = in->obj };
	struct bpf_map *map;
	size_t i = 0;

	snprintf(object.path, sizeof(object.path), "%s", in->path);
	object_maps_choose(&object);
	bpf_object__for_each_map(map, in->obj) {
		if (i < in->maps_len)
			in->maps[i++].is_unused = !bpf_map__autocreate(map);
	}
}

void inspect_read_libbpf(struct inspection *in)
{
	int err;

	if (in->has_btf)
		inspect_guard(try_btf, in->path, NULL, in->btf_why);
	err = inspect_guard(try_open, in->path, NULL, in->libbpf_why);
	in->libbpf_crashes = err == -EFAULT;
	if (!err)
		in->obj = bpf_object__open_file(in->path, NULL);
	if (in->obj)
		read_maps(in);
	if (in->obj)
		read_uses(in);
	for (size_t i = 0; i < in->progs_len; i++)
		read_prog(in, &in->progs[i]);
	if (in->is_bpf && !in->is_old_dialect)
		inspect_guard(try_rewrite, in->path, in, in->rewrite_why);
}
