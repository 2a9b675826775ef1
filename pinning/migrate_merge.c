// SPDX-License-Identifier: GPL-2.0-or-later
/* After the switch: counters of the old map are added to those of the new one. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "pinning/migrate_cpus.h"
#include "pinning/migrate_internal.h"
#include "pinning/migrate_merge_field.h"
#include "pinning/migrate_program.h"

/* Why the program cannot work on this field, or NULL. */
static const char *problem_of(const struct field *f)
{
	const struct {
		__u32 bit, bits;
	} sides[] = { { f->from, f->from_bits }, { f->to, f->to_bits } };

	for (int i = 0; i < 2; i++) {
		__u32 bits = sides[i].bits;

		if (f->kind == FIELD_INTEGER && bits != 8 && bits != 16 && bits != 32 && bits != 64)
			return "counters in bit fields cannot be merged";
		if (f->kind == FIELD_INTEGER && sides[i].bit % bits)
			return "counters that are not aligned cannot be merged";
		if ((sides[i].bit + bits) / 8 > 32768)
			return "counters beyond 32 KiB in a value cannot be merged";
	}
	return NULL;
}

/* More branches than that in one program, and the verifier gives up. */
#define WORDS_MAX 1024

/* What is added as part of a word of 32 bits needs one in the value. */
static const char *check_word(struct migration *m, struct field *f, unsigned int *words)
{
	struct migrate_row *row = &m->rows.list[f->row];

	if (!merge_adds_in_word(f))
		return NULL;
	f->apart = f->to / 32 * 4 + 4 > m->to.info.value_size;
	if (f->apart)
		snprintf(row->why, sizeof(row->why),
		         "16 bits at the end of a value cannot be added: the old ones stay");
	return ++*words > WORDS_MAX ? "more than 1024 counters of 16 bits cannot be merged" : NULL;
}

int migrate_merge_check(struct migration *m)
{
	unsigned int words = 0;

	for (size_t i = 0; i < m->value.len; i++) {
		struct field *f = &m->value.list[i];
		const char *why = problem_of(f);
		const struct migrate_row *row = &m->rows.list[f->row];
		char field[64], from[48], to[48];

		if (!why)
			why = check_word(m, f, &words);
		if (!why)
			continue;
		/* The row that is added can move the list. */
		memcpy(field, row->field, sizeof(field));
		memcpy(from, row->from, sizeof(from));
		memcpy(to, row->to, sizeof(to));
		return rows_add(&m->rows, MIGRATE_REFUSED, field, from, to, why);
	}
	return 0;
}

struct merging {
	struct migration *m;
	struct program prog;
	struct cpus cpus;
	__u8 *zero;  /* a value for keys that the new map lacks */
	__u8 *spare; /* a value of the new map */
	__u32 pairs; /* that wait in the program's table */
	int cpu_err; /* a CPU could not be used; the others went on */
};

/* Nobody runs on a CPU that is offline: its slots can be merged from here. */
static int run_far(struct merging *g, int cpu)
{
	if (!map_is_percpu(g->m->from.info.type) || g->prog.far_prog_fd < 0)
		return 0;
	return program_run(&g->prog, g->pairs, cpu, true);
}

/* On the CPU itself. -EXDEV: this thread may not go there, or was taken away from there. */
static int run_near(struct merging *g, int cpu)
{
	return cpus_move_to(cpu) ? -EXDEV : program_run(&g->prog, g->pairs, cpu, false);
}

/* Have the pairs merged on every CPU: also of a shared map, since the old program may still run. */
static int run_all(struct merging *g)
{
	int err = 0;

	for (int cpu = cpus_next(&g->cpus, -1); !err && cpu >= 0; cpu = cpus_next(&g->cpus, cpu)) {
		err = cpus_is_online(&g->cpus, cpu) ? run_near(g, cpu) : run_far(g, cpu);
		if (err == -EXDEV && !g->cpu_err) {
			g->cpu_err = failed(-EPERM, "cannot merge the counters of CPU %d", cpu);
			hint("this process may not run there: see its cpuset");
		}
		if (err == -EXDEV)
			err = 0;
	}
	g->pairs = 0;
	return err;
}

/* Make a key in a hash, with zeros. An entry that the new program has made meanwhile stays. */
static const char *create(struct merging *g, const void *key, int *err)
{
	*err = 0;
	if (map_is_array(g->m->to.info.type))
		return NULL;
	/* An LRU map makes room before it sees that the key is there. */
	if (map_is_lru(g->m->to.info.type) && !bpf_map_lookup_elem(g->m->to.fd, key, g->spare))
		return NULL;
	*err = bpf_map_update_elem(g->m->to.fd, key, g->zero, BPF_NOEXIST);
	switch (*err) {
	case 0: g->m->report.created++; return NULL;
	case -EEXIST: *err = 0; return NULL;
	case -E2BIG:
	case -ENOSPC: *err = 0; return "the new map is full";
	}
	return NULL;
}

/* An entry for which no key need be made. */
static bool counts_nothing(const struct migration *m, const void *value)
{
	return (map_is_array(m->from.info.type) || map_is_lru(m->to.info.type)) &&
	       bytes_are_zero(value, map_value_bytes(&m->from.info));
}

/*
 * An LRU map drops entries for keys that are made: all of them come before the first count does,
 * and what was dropped again is missed by the program.
 */
static int create_first(struct merging *g, const void *key, const void *value)
{
	void *new_key = program_new_key(&g->prog, 0);
	int err = 0;

	if (!counts_nothing(g->m, value) && !migrate_key(g->m, key, new_key))
		create(g, new_key, &err);
	return err;
}

/* Where the new map lacks it by now, somebody took it out. */
static bool was_given(const struct migration *m, const void *key)
{
	const struct table_entry *entry = table_find(&m->base, key);

	return entry && (entry->state == TABLE_COPIED || entry->state == TABLE_NEW_WINS);
}

static int add_pair(struct merging *g, const void *key, const void *value)
{
	struct migration *m = g->m;
	void *new_key = program_new_key(&g->prog, g->pairs);
	const char *why;
	int err = 0;

	m->report.entries++;
	if (counts_nothing(m, value))
		return 0;
	why = migrate_key(m, key, new_key);
	if (!why && !map_is_lru(m->to.info.type) && !was_given(m, key))
		why = create(g, new_key, &err);
	if (err)
		return err;
	if (why) {
		/* Nothing is left behind with a slot that counts nothing. */
		if (migrate_has_keys(m) || !bytes_are_zero(value, map_value_bytes(&m->from.info)))
			migrate_left(m, key, why);
		return 0;
	}
	memcpy(program_old_key(&g->prog, g->pairs), key, m->from.info.key_size);
	m->report.moved++;
	return ++g->pairs == g->prog.room ? run_all(g) : 0;
}

/* Go through the old map. Returns 0 or a negative errno. */
static int for_each(struct merging *g,
                    int (*one)(struct merging *g, const void *key, const void *value))
{
	struct map_reader reader;
	int count, err;

	err = map_reader_open(&reader, g->m->from.fd, &g->m->from.info);
	if (err)
		return err;
	while (!err && (count = map_reader_next(&reader)) != 0) {
		err = count < 0 ? count : 0;
		for (int i = 0; !err && i < count; i++)
			err = one(g, entries_key(&reader.batch, i),
			          entries_value(&reader.batch, i));
		migrate_progress(g->m, g->m->report.entries);
	}
	map_reader_close(&reader);
	return err;
}

static int merge_all(struct merging *g)
{
	int err = 0;

	if (map_is_lru(g->m->to.info.type))
		err = for_each(g, create_first);
	else if (migrate_has_keys(g->m) && !g->m->base.len)
		err = migrate_add_keys(g->m);
	if (!err)
		err = for_each(g, add_pair);
	return err || !g->pairs ? err : run_all(g);
}

/* Load what is needed for CPUs that are offline, or count them. */
static void prepare_offline(struct merging *g)
{
	unsigned int offline = 0;

	for (int cpu = cpus_next(&g->cpus, -1); cpu >= 0; cpu = cpus_next(&g->cpus, cpu))
		offline += !cpus_is_online(&g->cpus, cpu);
	g->m->report.cpus_left = 0;
	if (offline && map_is_percpu(g->m->from.info.type) && program_load_far(&g->prog, g->m))
		g->m->report.cpus_left = offline;
}

static int merge(struct merging *g)
{
	int err;

	g->zero = calloc(2, map_value_bytes(&g->m->to.info));
	if (!g->zero)
		return -ENOMEM;
	g->spare = g->zero + map_value_bytes(&g->m->to.info);
	prepare_offline(g);
	/* The old program may be about to make a key. */
	migrate_quiesce();
	err = merge_all(g);
	cpus_restore(&g->cpus);
	g->m->report.counters_left = g->prog.cursor->stuck;
	g->m->report.fields_left = g->prog.cursor->unadded;
	/* What a map does not drop by itself, somebody took out, and what it counted with it. */
	if (map_is_lru(g->m->to.info.type))
		g->m->report.left += g->prog.cursor->absent;
	return err ? err : g->cpu_err;
}

int migrate_merge(struct migration *m)
{
	struct merging g = { .m = m };
	int err = migrate_ready(m);

	if (err || m->class != MIGRATE_COUNTER)
		return err;
	/* Each call looks at every entry anew. */
	m->report.entries = m->report.moved = m->report.left = 0;
	m->report.problem_count = 0;
	err = cpus_read(&g.cpus);
	if (!err)
		err = program_load(&g.prog, m);
	if (err)
		return err;
	err = merge(&g);
	free(g.zero);
	program_unload(&g.prog);
	if (err && err != g.cpu_err)
		failed(err, "cannot merge the counters of map %s", m->from.info.name);
	return err;
}
