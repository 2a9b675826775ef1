// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/migrate_exchange.h"
#include "pinning/migrate_internal.h"

const char *migrate_outcome_name(enum migrate_outcome outcome)
{
	static const char *const names[] = {
		[MIGRATE_KEPT] = "kept",         [MIGRATE_WIDENED] = "widened",
		[MIGRATE_NARROWED] = "narrowed", [MIGRATE_GROWN] = "grown",
		[MIGRATE_CUT] = "cut",           [MIGRATE_ADDED] = "added",
		[MIGRATE_DROPPED] = "dropped",   [MIGRATE_CHANGED] = "changed",
		[MIGRATE_ASSUMED] = "assumed",   [MIGRATE_REFUSED] = "refused",
		[MIGRATE_ANEW] = "anew",
	};

	return names[outcome];
}

/* A devmap's or cpumap's value: the target, and perhaps a program; the kernel has no BTF for it. */
static int map_target(struct migration *m)
{
	struct field field = { .kind = FIELD_BYTES, .from_bits = 32, .to_bits = 32 };
	struct field prog = { .kind = FIELD_CUT, .from = 32, .from_bits = 32 };
	int err;

	m->value.from_size = m->from.info.value_size;
	m->value.to_size = m->to.info.value_size;
	field.row = prog.row = m->rows.len;
	err = fields_add(&m->value, &field);
	/* The kernel shows a program's id, and would take it for a descriptor. */
	if (!err && m->value.from_size > 4)
		err = fields_add(&m->value, &prog);
	if (err)
		return err;
	return rows_add(&m->rows, MIGRATE_KEPT, "value", "target", "target",
	                prog.from < 8 * m->value.from_size
	                        ? "entries with a program stay in the old map"
	                        : NULL);
}

/* A devmap's or cpumap's key is an index, whatever its loader has BTF for. */
static int map_index(struct migration *m)
{
	__u32 size = m->from.info.key_size;
	struct field field = { .kind = FIELD_BYTES, .from_bits = 8 * size, .to_bits = 8 * size };
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u B", size);
	m->key.from_size = m->key.to_size = size;
	m->key.identical = true;
	field.row = m->rows.len;
	err = fields_add(&m->key, &field);
	return err ? err : rows_add(&m->rows, MIGRATE_KEPT, "key", text, text, NULL);
}

/* A prefix is a number of bits of the key as it lies in memory: only the end may change. */
static int check_prefix(struct migration *m)
{
	bool moved = m->key.lossy;

	for (size_t i = 0; i < m->key.len && !m->key.identical; i++) {
		const struct field *f = &m->key.list[i];

		moved |= f->from != f->to || f->from_bits != f->to_bits;
	}
	if (!moved)
		return 0;
	return rows_add(&m->rows, MIGRATE_REFUSED, "key", "", "",
	                "an LPM trie compares the bits of a key: they cannot move");
}

static int map_fields(struct migration *m)
{
	/* Of key and value together: where a size differs it tells nothing of the other. */
	bool sized = m->from.info.key_size == m->to.info.key_size &&
	             m->from.info.value_size == m->to.info.value_size;
	enum layout_verdict layout = sized ? m->from.layout : LAYOUT_UNKNOWN;
	const struct field_type key[] = {
		{ m->from.btf, m->from.key_type, m->from.info.key_size, m->from.btf_denied,
		  layout },
		{ m->to.btf, m->to.key_type, m->to.info.key_size, m->to.btf_denied,
		  LAYOUT_UNKNOWN },
	};
	const struct field_type value[] = {
		{ m->from.btf, m->from.value_type, m->from.info.value_size, m->from.btf_denied,
		  layout },
		{ m->to.btf, m->to.value_type, m->to.info.value_size, m->to.btf_denied,
		  LAYOUT_UNKNOWN },
	};
	const char *why;
	enum map_family family = map_family(m->from.info.type, &why);
	int err;

	if (family == FAMILY_DEVMAP || family == FAMILY_CPUMAP) {
		err = map_index(m);
		return err ? err : map_target(m);
	}
	/* A key is never added up. */
	err = fields_map(&m->key, &m->rows, "key", &key[0], &key[1], MIGRATE_CONFIG);
	if (!err && family == FAMILY_LPM)
		err = check_prefix(m);
	if (err)
		return err;
	err = fields_map(&m->value, &m->rows, "value", &value[0], &value[1], m->class);
	return err || m->class != MIGRATE_COUNTER ? err : migrate_merge_check(m);
}

int migrate_plan(struct migration **result, const struct migrate_map *from,
                 const struct migrate_map *to, enum migrate_class class)
{
	struct migration *m = calloc(1, sizeof(*m));
	int err;

	*result = NULL;
	if (!m)
		return -ENOMEM;
	m->from = *from;
	m->to = *to;
	m->class = class;
	m->snapshot_fd = -1;
	/* Of counters only the keys are remembered. */
	table_init(&m->base, from->info.key_size,
	           class == MIGRATE_COUNTER ? 0 : map_value_bytes(&from->info));
	err = from->info.id && from->info.id == to->info.id ? -EINVAL : 0;
	if (!err)
		err = migrate_compare_maps(m);
	if (!err && !m->rows.refused)
		err = map_fields(m);
	if (err) {
		migrate_free(m);
		return err;
	}
	migrate_make_bound(m);
	*result = m;
	return m->rows.refused ? -EOPNOTSUPP : 0;
}

void migrate_free(struct migration *m)
{
	if (!m)
		return;
	if (m->snapshot_fd >= 0)
		close(m->snapshot_fd);
	migrate_exchange_free(m);
	table_free(&m->base);
	fields_free(&m->key);
	fields_free(&m->value);
	free(m->rows.list);
	free(m);
}

const struct migrate_row *migrate_rows(const struct migration *m, size_t *len)
{
	*len = m->rows.len;
	return m->rows.list;
}

bool migrate_is_alike(const struct migration *m)
{
	for (size_t i = 0; i < m->rows.len; i++)
		if (m->rows.list[i].outcome != MIGRATE_KEPT)
			return false;
	return true;
}

bool migrate_is_assumed(const struct migration *m)
{
	bool assumed = false;

	for (size_t i = 0; i < m->rows.len; i++) {
		enum migrate_outcome outcome = m->rows.list[i].outcome;

		if (outcome != MIGRATE_KEPT && outcome != MIGRATE_ASSUMED)
			return false;
		assumed |= outcome == MIGRATE_ASSUMED;
	}
	return assumed;
}

const char *migrate_begins_anew(const struct migration *m)
{
	for (size_t i = 0; i < m->rows.len; i++)
		if (m->rows.list[i].outcome == MIGRATE_ANEW)
			return m->rows.list[i].field;
	return NULL;
}

const char *migrate_cannot_add(const struct migration *m)
{
	for (size_t i = 0; i < m->value.len; i++)
		if (m->value.list[i].apart)
			return m->rows.list[m->value.list[i].row].field;
	return NULL;
}

void migrate_why_refused(const struct migration *m, char *text, size_t size)
{
	*text = '\0';
	for (size_t i = 0; i < m->rows.len && !*text; i++)
		if (m->rows.list[i].outcome == MIGRATE_REFUSED)
			snprintf(text, size, "%s: %s", m->rows.list[i].field, m->rows.list[i].why);
}

static int wider(int width, const char *text)
{
	return strlen(text) > (size_t)width ? (int)strlen(text) : width;
}

void migrate_print(const struct migration *m, FILE *out)
{
	int field = 32, from = 24, to = 24;

	for (size_t i = 0; i < m->rows.len; i++) {
		field = wider(field, m->rows.list[i].field);
		from = wider(from, m->rows.list[i].from);
		to = wider(to, m->rows.list[i].to);
	}
	fprintf(out, "  %-*s %-*s new\n", field, "", from, "old");
	for (size_t i = 0; i < m->rows.len; i++) {
		const struct migrate_row *row = &m->rows.list[i];

		log_line(out, "  %-*s %-*s %-*s %s%s%s", field, row->field, from, row->from, to,
		         row->to, migrate_outcome_name(row->outcome), *row->why ? ": " : "",
		         row->why);
	}
}

void migrate_set_target(struct migration *m, int fd)
{
	m->to.fd = fd;
}

void migrate_set_progress(struct migration *m,
                          void (*progress)(void *context, __u64 done, __u64 total), void *context)
{
	m->progress = progress;
	m->progress_context = context;
}

const struct migrate_report *migrate_report(const struct migration *m)
{
	return &m->report;
}

int migrate_ready(const struct migration *m)
{
	if (m->rows.refused)
		return failed(-EOPNOTSUPP, "cannot move the content of map %s", m->from.info.name);
	if (m->from.fd < 0 || m->to.fd < 0)
		return failed(-EBADF, "cannot move the content of map %s", m->from.info.name);
	return 0;
}

void migrate_progress(const struct migration *m, __u64 done)
{
	if (m->progress)
		m->progress(m->progress_context, done, m->from.info.max_entries);
}
