// SPDX-License-Identifier: GPL-2.0-or-later
/* What kind of content a map has. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "pinning/migrate_internal.h"

static const char *const class_names[] = {
	[MIGRATE_CONFIG] = "config",
	[MIGRATE_COUNTER] = "counter",
	[MIGRATE_FLOW] = "flow",
};

#define CLASSES (int)(sizeof(class_names) / sizeof(class_names[0]))

const char *migrate_class_name(enum migrate_class class)
{
	return class_names[class];
}

int migrate_class_parse(const char *name)
{
	for (int i = 0; i < CLASSES; i++)
		if (!strcmp(class_names[i], name))
			return i;
	return -EINVAL;
}

static bool is_map_variable(const struct btf *btf, __u32 id, const char *map)
{
	const struct btf_type *var = btf__type_by_id(btf, id);

	return var && btf_is_var(var) && !strcmp(btf__name_by_offset(btf, var->name_off), map);
}

/* The class that a tag names, if it is one of ours. */
static int tag_class(const char *tag)
{
	static const char prefix[] = "ifbpf:";

	if (strncmp(tag, prefix, strlen(prefix)) != 0)
		return -EINVAL;
	return migrate_class_parse(tag + strlen(prefix));
}

/* The class that the map's tag says, or -ENOENT. */
static int find_tag(const struct btf *btf, const char *map)
{
	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *tag = btf__type_by_id(btf, id);
		int class;

		if (!btf_is_decl_tag(tag) || btf_decl_tag(tag)->component_idx != -1 ||
		    !is_map_variable(btf, tag->type, map))
			continue;
		class = tag_class(btf__name_by_offset(btf, tag->name_off));
		if (class >= 0)
			return class;
	}
	return -ENOENT;
}

bool migrate_class_is_tagged(const struct btf *btf, const char *map)
{
	return find_tag(btf, map) >= 0;
}

enum migrate_class migrate_class_of(const struct btf *btf, const char *map, __u32 map_type)
{
	int class = find_tag(btf, map);

	if (class >= 0)
		return class;
	return map_is_percpu(map_type) ? MIGRATE_COUNTER : MIGRATE_CONFIG;
}

/* A field of counters that is not added up. */
static bool has_other_fields(const struct migration *m)
{
	for (size_t i = 0; i < m->value.len; i++) {
		const struct field *f = &m->value.list[i];

		if (f->kind != FIELD_CUT && !f->counter && !f->greatest)
			return true;
	}
	return false;
}

/* The fields of values that the new map lacks, as far as there is room for their names; or "". */
static void list_dropped(const struct migration *m, char *text, size_t size)
{
	static const char more[] = ", ...";
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < m->rows.len; i++) {
		const struct migrate_row *row = &m->rows.list[i];

		if (row->outcome != MIGRATE_DROPPED || strncmp(row->field, "value", 5) != 0)
			continue;
		if (used + strlen(row->field) + 2 + sizeof(more) > size) {
			strcpy(text + used, more);
			return;
		}
		used += snprintf(text + used, size - used, "%s%s", used ? ", " : "", row->field);
	}
}

static void counter_bound(struct migration *m)
{
	/* What a program finds that asks for a key. */
	static const char keys[] =
		"; keys that the old map had when the maps were last compared before the switch "
		"are "
		"in the new one for every packet, with zeros until their counts are added: a "
		"number "
		"that is a verdict is zero for so long (config copies it before the switch); one "
		"that is deleted from the old map after that stays if the new program has counted "
		"in it when they are compared directly after the switch";
	static const char lru[] = "; an LRU map drops keys to make room, also these";
	char dropped[160];

	list_dropped(m, dropped, sizeof(dropped));
	snprintf(m->bound, sizeof(m->bound),
	         "%s%s%sno count is lost or doubled%s; between the switch and the end of the merge "
	         "the sum of both maps is exact%s%s; on Linux before 5.19 the counts of CPUs that "
	         "are offline stay in the old map",
	         *dropped ? "what was counted in " : "", dropped,
	         *dropped ? " is dropped, since the new map has no such field; of the rest " : "",
	         has_other_fields(m) ? " in the fields that are added; of the others the new "
	                               "map's value stays once it has one"
	                             : "",
	         migrate_has_keys(m) ? keys : "",
	         migrate_has_keys(m) && map_is_lru(m->to.info.type) ? lru : "");
}

void migrate_make_bound(struct migration *m)
{
	const char *text = "";

	switch (m->class) {
	case MIGRATE_CONFIG:
		text = "what stood in the old map when the maps were last compared before the "
		       "switch is in force for every packet; a later edit of the old map is in "
		       "force once they are compared after it, or is refused when that map is "
		       "frozen; of an entry changed in both, the new map's stays: what programs "
		       "count in "
		       "entries meanwhile, the old one until the switch and the new one since, "
		       "is lost for the old one, and said";
		break;
	case MIGRATE_FLOW:
		text = "an entry that packets change in both maps between the copy and the "
		       "comparison after the switch keeps the new map's value: what the old map's "
		       "gained in that time is lost (the report counts such entries as "
		       "conflicts); what is gone from the old map by then, deleted or dropped by "
		       "an LRU map, goes from the new one; the order of use of an LRU map begins "
		       "anew";
		break;
	case MIGRATE_COUNTER: counter_bound(m); return;
	}
	snprintf(m->bound, sizeof(m->bound), "%s", text);
}

const char *migrate_bound(const struct migration *m)
{
	return m->bound;
}
