// SPDX-License-Identifier: GPL-2.0-or-later
/* One entry of the old map on its way into the new one. */
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pinning/migrate_cpus.h"
#include "pinning/migrate_internal.h"

bool bytes_are_zero(const void *bytes, size_t len)
{
	const __u8 *p = bytes;

	return !len || (!*p && !memcmp(p, p + 1, len - 1));
}

static const char *does_not_fit(struct migration *m, const struct field *field)
{
	const char *why;

	if (field->kind == FIELD_CUT && map_family(m->from.info.type, &why) != FAMILY_DATA)
		return "it has a program";
	snprintf(m->why, sizeof(m->why), "%s does not fit", m->rows.list[field->row].field);
	return m->why;
}

const char *migrate_key(struct migration *m, const void *from, void *to)
{
	const struct field *misfit = fields_convert(&m->key, from, to);
	__u32 type = m->to.info.type, index;

	if (misfit)
		return does_not_fit(m, misfit);
	if (!map_is_array(type) && type != BPF_MAP_TYPE_DEVMAP && type != BPF_MAP_TYPE_CPUMAP)
		return NULL;
	memcpy(&index, to, sizeof(index));
	return index < m->to.info.max_entries ? NULL : "the new map has no such slot";
}

/* The same value on all CPUs, or nothing that one value can stand for. */
static bool same_on_all_cpus(const __u8 *values, size_t size, size_t bytes)
{
	size_t stride = (size + 7) / 8 * 8;

	for (size_t at = stride; at < bytes; at += stride)
		if (memcmp(values, values + at, size) != 0)
			return false;
	return true;
}

const char *migrate_value(struct migration *m, const void *from, void *to)
{
	const struct field *misfit = NULL;
	size_t from_step = (m->value.from_size + 7) / 8 * 8,
	       to_step = (m->value.to_size + 7) / 8 * 8;
	size_t from_bytes = map_value_bytes(&m->from.info), to_bytes = map_value_bytes(&m->to.info);
	bool from_cpus = map_is_percpu(m->from.info.type), to_cpus = map_is_percpu(m->to.info.type);

	if (from_cpus && !to_cpus && !same_on_all_cpus(from, m->value.from_size, from_bytes))
		return "it differs between CPUs";
	if (!to_cpus) {
		misfit = fields_convert(&m->value, from, to);
		return misfit ? does_not_fit(m, misfit) : NULL;
	}
	memset(to, 0, to_bytes);
	for (size_t cpu = 0; !misfit && cpu < to_bytes / to_step; cpu++)
		misfit = fields_convert(&m->value,
		                        (const __u8 *)from + (from_cpus ? cpu * from_step : 0),
		                        (__u8 *)to + cpu * to_step);
	return misfit ? does_not_fit(m, misfit) : NULL;
}

static void print_key(const struct migration *m, const __u8 *key, char *out, size_t room)
{
	size_t size = m->from.info.key_size, used = 0;
	__u32 word;

	if (size == sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		snprintf(out, room, "%u", word);
		return;
	}
	for (size_t i = 0; i < size && used + 4 < room; i++)
		used += snprintf(out + used, room - used, i ? " %02x" : "%02x", key[i]);
}

void migrate_note_problem(struct migration *m, const void *key, const char *why)
{
	struct migrate_problem *problem;

	if (m->report.problem_count >= MIGRATE_PROBLEMS)
		return;
	problem = &m->report.problems[m->report.problem_count++];
	print_key(m, key, problem->key, sizeof(problem->key));
	snprintf(problem->why, sizeof(problem->why), "%s", why);
}

void migrate_left(struct migration *m, const void *key, const char *why)
{
	m->report.left++;
	migrate_note_problem(m, key, why);
}

void migrate_not_left(struct migration *m, const void *key)
{
	struct migrate_report *report = &m->report;
	struct migrate_problem *problem = report->problems;
	char text[sizeof(problem->key)];

	report->left -= report->left > 0;
	print_key(m, key, text, sizeof(text));
	for (unsigned int i = 0; i < report->problem_count; i++) {
		if (strcmp(problem[i].key, text) != 0)
			continue;
		report->problem_count--;
		memmove(&problem[i], &problem[i + 1],
		        (report->problem_count - i) * sizeof(*problem));
		return;
	}
}

bool migrate_is_empty(const struct migration *m, const void *key, const void *value)
{
	__u32 index;

	if (!map_is_array(m->from.info.type) ||
	    !bytes_are_zero(value, map_value_bytes(&m->from.info)))
		return false;
	memcpy(&index, key, sizeof(index));
	return !map_is_array(m->to.info.type) || index >= m->to.info.max_entries;
}

void migrate_quiesce(void)
{
	/* Waits for an RCU grace period. Not on a kernel with nohz_full CPUs: visit each instead.
	 */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		cpus_visit();
}
