// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "bpffs/layouts.h"
#include "pinning/carry_types.h"
#include "pinning/layout.h"

/* What was noted of the old map's types, when it was pinned, against the new map's. */
static enum layout_verdict compare_noted(const struct carried *one, const struct directory *dir,
                                         __u32 print)
{
	enum layout_verdict verdict = LAYOUT_UNKNOWN;
	struct layouts layouts = {};
	__u32 noted;

	if (print && !layouts_read(&layouts, dir->fd) &&
	    layouts_find(&layouts, one->from_id, &noted))
		verdict = noted == print ? LAYOUT_SAME : LAYOUT_DIFFERS;
	layouts_free(&layouts);
	return verdict;
}

static void set_types(struct migrate_map *map, const struct map_definition *def)
{
	map->btf = def->btf;
	map->key_type = def->key_type;
	map->value_type = def->value_type;
}

/* The fingerprint of the new map's types; 0: they are not known. */
static __u32 print_new(const struct carried *one, const struct plan_map *map)
{
	const struct migrate_map *to = &one->to;

	if (to->btf == map->definition.btf)
		return layout_print_defined(&map->definition, &to->info);
	return to->value_type ? layout_print(to->btf, to->key_type, to->value_type) : 0;
}

void carry_define(struct carried *one, const struct plan_map *map, const struct directory *dir)
{
	const struct bpf_map_info *from = &one->from.info, *to = &one->to.info;
	bool told = !one->to.btf && !one->to.btf_denied && map->definition.btf;

	if (told) {
		set_types(&one->to, &map->definition);
		one->typed = one->class == MIGRATE_COUNTER;
	}
	if (!one->to.btf || one->from.btf || one->from.btf_denied ||
	    from->key_size != to->key_size || from->value_size != to->value_size)
		return;
	switch (compare_noted(one, dir, print_new(one, map))) {
	case LAYOUT_SAME:
		one->from.btf = one->to.btf;
		one->from.key_type = one->to.key_type;
		one->from.value_type = one->to.value_type;
		break;
	case LAYOUT_DIFFERS:
		snprintf(one->why, sizeof(one->why),
		         "the types of its key and value are noted as others than %s",
		         told ? "the object's" : "the new map's");
		break;
	case LAYOUT_UNKNOWN: break;
	}
}
