// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/idlist.h"
#include "bpffs/log.h"
#include "pinning/carry_done.h"

/* In the directory's own record: old maps that stay, and of which nothing more is to be added. */
#define FIELD_DONE "carried"

/* And of lists among them, what was in them then. */
#define FIELD_LISTED "listed"

/* And into which map they came: it may have lost the name since to one that began anew. */
#define FIELD_INTO "carried_into"

/* Maps of the egress program that were those of other hooks as well, and into which map these took
 * along what is in them. */
#define FIELD_PARTED "parted"

bool carry_done_has(const struct record *rec, __u32 old_map_id)
{
	char text[IDLIST_SIZE];

	return !record_get_other(rec, FIELD_DONE, text, sizeof(text)) &&
	       idlist_has(text, old_map_id);
}

bool carry_done_into(const struct record *rec, __u32 old_map_id, __u32 map_id)
{
	bool known = false, same = false;
	__u32 into;

	if (!carry_done_has(rec, old_map_id))
		return false;
	for (unsigned int i = 0; !same && carry_into_get(rec, old_map_id, i, &into); i++) {
		known = true;
		same = into == map_id;
	}
	return same || !known;
}

static void add_done(struct record *rec, __u32 old_map_id)
{
	char text[IDLIST_SIZE] = "", *second;
	int err;

	record_get_other(rec, FIELD_DONE, text, sizeof(text));
	while ((err = idlist_add(text, old_map_id, '.')) && (second = strchr(text, '.')))
		memmove(text, second + 1, strlen(second));
	record_unset_other(rec, FIELD_DONE);
	if (!err)
		err = record_set_other(rec, FIELD_DONE, text);
	if (err)
		note("the record has no room to say of old map %u that it is done with",
		     old_map_id);
}

/* "117-2f3c.144-90ab": an id and what is noted of it, once or more. The oldest one comes first. */
#define NOTES_SIZE 512

struct id_note {
	__u32 id;
	__u64 value;
};

/* Take the first off the text. False: there is none. */
static bool next_note(const char **text, int base, struct id_note *note)
{
	char *end;

	note->id = strtoul(*text, &end, 10);
	if (!note->id || *end != '-')
		return false;
	note->value = strtoull(end + 1, &end, base);
	*text = *end == '.' ? end + 1 : "";
	return true;
}

/* A field of such notes: those of ids, and of what, are in one number system. */
struct note_field {
	const char *key;
	int base;
};

static const struct note_field listed = { FIELD_LISTED, 16 }, into_field = { FIELD_INTO, 10 },
			       gave_way = { RECORD_GAVE_WAY, 10 }, parted = { FIELD_PARTED, 10 };

/* Behind the others; as far as there is room, the oldest ones go. */
static void append_note(char text[NOTES_SIZE], const struct note_field *field,
                        const struct id_note *note)
{
	char both[NOTES_SIZE + 32], *rest = both;
	size_t len = strlen(text);

	memcpy(both, text, len);
	snprintf(both + len, sizeof(both) - len, field->base == 16 ? "%s%u-%llx" : "%s%u-%llu",
	         len ? "." : "", note->id, (unsigned long long)note->value);
	while (strlen(rest) >= NOTES_SIZE)
		rest = strchr(rest, '.') + 1;
	strcpy(text, rest);
}

/* Write all notes of a field anew, as change() has them; false from it: that one goes. */
static void change_notes(struct record *rec, const struct note_field *field,
                         bool (*change)(struct id_note *note, const void *arg), const void *arg,
                         const struct id_note *added)
{
	char text[NOTES_SIZE], changed[NOTES_SIZE] = "";
	const char *rest = text;
	struct id_note note;

	if (record_get_other(rec, field->key, text, sizeof(text)))
		*text = '\0';
	while (next_note(&rest, field->base, &note))
		if (change(&note, arg))
			append_note(changed, field, &note);
	if (added)
		append_note(changed, field, added);
	/* Without room nothing is known of any. */
	record_unset_other(rec, field->key);
	if (*changed)
		record_set_other(rec, field->key, changed);
}

static bool is_of_another(struct id_note *note, const void *id)
{
	return note->id != *(const __u32 *)id;
}

static void set_note(struct record *rec, const struct note_field *field, __u32 id, __u64 value)
{
	const struct id_note added = { id, value };

	change_notes(rec, field, is_of_another, &id, &added);
}

/* The nth of that id, from 0. */
static bool get_note(const struct record *rec, const struct note_field *field, __u32 id,
                     unsigned int nth, __u64 *value)
{
	char text[NOTES_SIZE];
	const char *rest = text;
	struct id_note note;

	if (record_get_other(rec, field->key, text, sizeof(text)))
		return false;
	while (next_note(&rest, field->base, &note))
		if (note.id == id && !nth--) {
			*value = note.value;
			return true;
		}
	return false;
}

/* The same of a field whose notes are ids of maps. */
static bool get_map(const struct record *rec, const struct note_field *field, __u32 old_map_id,
                    unsigned int nth, __u32 *map_id)
{
	__u64 value;
	bool known = get_note(rec, field, old_map_id, nth, &value);

	if (known)
		*map_id = value;
	return known;
}

bool carry_into_get(const struct record *rec, __u32 old_map_id, unsigned int nth, __u32 *map_id)
{
	return get_map(rec, &into_field, old_map_id, nth, map_id);
}

/* What came into the old map is in the new one as well, as far as it was not deleted since. */
static bool go_along(struct id_note *note, const void *arg)
{
	const struct carried *one = arg;

	if (note->value == one->from_id)
		note->value = one->to_id;
	return true;
}

static bool is_another(struct id_note *note, const void *arg)
{
	const struct id_note *one = arg;

	return note->id != one->id || note->value != one->value;
}

/* One old map may have come into two places, flat and in %egress/. */
static void add_into(struct record *rec, __u32 old_map_id, __u32 map_id)
{
	const struct id_note added = { old_map_id, map_id };

	change_notes(rec, &into_field, is_another, &added, &added);
}

/* Not what came into its place now, nor what gave it back. */
static bool is_still_to_come(struct id_note *note, const void *arg)
{
	const struct carried *one = arg;

	return !one->placed || ((note->id != one->from_id || note->value != one->to_id) &&
	                        (note->id != one->to_id || note->value != one->from_id));
}

void carry_done_follow(struct record *rec, const struct carried *one)
{
	char text[NOTES_SIZE];

	if (!record_get_other(rec, FIELD_INTO, text, sizeof(text)))
		change_notes(rec, &into_field, go_along, one, NULL);
	if (!record_get_other(rec, FIELD_PARTED, text, sizeof(text)))
		change_notes(rec, &parted, go_along, one, NULL);
	if (record_get_other(rec, RECORD_GAVE_WAY, text, sizeof(text)))
		return;
	change_notes(rec, &gave_way, is_still_to_come, one, NULL);
	change_notes(rec, &gave_way, go_along, one, NULL);
}

void carry_done_add(struct record *rec, const struct carried *one)
{
	add_done(rec, one->from_id);
	add_into(rec, one->from_id, one->to_id);
	if (!one->done && one->m)
		set_note(rec, &listed, one->from_id, migrate_fingerprint_came(one->m));
}

static bool is_done(struct id_note *note, const void *rec)
{
	return carry_done_has(rec, note->id);
}

struct kept_notes {
	const struct record *rec;
	bool (*is_pinned)(const void *context, __u32 map_id);
	const void *context;
};

/* Without any it would count as having come into whatever map: the last one stays. */
static bool is_known(struct id_note *note, const void *arg)
{
	const struct kept_notes *kept = arg;
	__u32 into = 0, i = 0;
	bool pinned = false;

	while (!pinned && carry_into_get(kept->rec, note->id, i++, &into))
		pinned = kept->is_pinned(kept->context, into);
	return pinned ? kept->is_pinned(kept->context, note->value) : note->value == into;
}

void carry_done_keep(struct record *rec, bool (*is_old)(const void *context, __u32 old_map_id),
                     bool (*is_pinned)(const void *context, __u32 map_id), const void *context)
{
	const struct record before = *rec;
	const struct kept_notes kept = { &before, is_pinned, context };
	char text[IDLIST_SIZE];
	const char *list = text;
	struct idrange ids;

	if (record_get_other(rec, FIELD_DONE, text, sizeof(text)))
		return;
	record_unset_other(rec, FIELD_DONE);
	while (idlist_next(&list, &ids))
		for (__u64 id = ids.first; id <= ids.last; id++)
			if (is_old(context, id))
				add_done(rec, id);
	change_notes(rec, &listed, is_done, rec, NULL);
	change_notes(rec, &into_field, is_done, rec, NULL);
	change_notes(rec, &into_field, is_known, &kept, NULL);
}

bool carry_came_get(const struct record *rec, __u32 old_map_id, __u64 *print)
{
	return get_note(rec, &listed, old_map_id, 0, print);
}

bool carry_came_differs(const struct record *rec, __u32 old_map_id, int old_fd)
{
	__u64 came, now;

	return !carry_came_get(rec, old_map_id, &came) || migrate_fingerprint(old_fd, &now) ||
	       came != now;
}

void carry_gave_way_add(struct record *rec, __u32 old_map_id, __u32 map_id)
{
	set_note(rec, &gave_way, old_map_id, map_id);
}

void carry_gave_way_move(struct record *rec, __u32 map_id, __u32 to_id)
{
	const struct carried one = { .from_id = map_id, .to_id = to_id };
	char text[NOTES_SIZE];

	if (!record_get_other(rec, RECORD_GAVE_WAY, text, sizeof(text)))
		change_notes(rec, &gave_way, go_along, &one, NULL);
}

bool carry_gave_way_get(const struct record *rec, __u32 old_map_id, __u32 *map_id)
{
	return get_map(rec, &gave_way, old_map_id, 0, map_id);
}

static bool is_kept(struct id_note *note, const void *arg)
{
	const struct kept_notes *kept = arg;

	return kept->is_pinned(kept->context, note->id) &&
	       kept->is_pinned(kept->context, note->value);
}

void carry_gave_way_keep(struct record *rec, bool (*is_pinned)(const void *context, __u32 map_id),
                         const void *context)
{
	const struct kept_notes kept = { rec, is_pinned, context };
	char text[NOTES_SIZE];

	if (!record_get_other(rec, RECORD_GAVE_WAY, text, sizeof(text)))
		change_notes(rec, &gave_way, is_kept, &kept, NULL);
}

void carry_parted_add(struct record *rec, const struct carried *one)
{
	set_note(rec, &parted, one->from_id, one->to_id);
}

bool carry_parted_get(const struct record *rec, __u32 old_map_id, __u32 *map_id)
{
	return get_map(rec, &parted, old_map_id, 0, map_id);
}

static bool is_had(struct id_note *note, const void *arg)
{
	const struct kept_notes *kept = arg;

	return kept->is_pinned(kept->context, note->id);
}

void carry_parted_keep(struct record *rec, bool (*is_own)(const void *context, __u32 map_id),
                       const void *context)
{
	const struct kept_notes kept = { rec, is_own, context };
	char text[NOTES_SIZE];

	if (!record_get_other(rec, FIELD_PARTED, text, sizeof(text)))
		change_notes(rec, &parted, is_had, &kept, NULL);
}
