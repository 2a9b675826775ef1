// SPDX-License-Identifier: GPL-2.0-or-later
/* What a block list takes from the system, beside what the kernel says it takes. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/kernelmem.h"
#include "tests/bench/listed.h"

#define MIB (1024.0 * 1024)

/* Bytes that may still be there when the next list is made: for each entry, or at least. */
#define STILL_EACH  2
#define STILL_LEAST (16 * 1024)

struct memory_run {
	const struct listed_kind *kind;
	const struct lists *lists;
};

static double all_memlock(const struct subject *subject)
{
	struct bpf_map *map;
	double sum = 0;

	bpf_object__for_each_map(map, subject->object.obj)
		sum += kernelmem_memlock(bpf_map__fd(map));
	return sum;
}

static int round_memory(struct row *row, double values[TABLE_METRICS])
{
	const struct memory_run *run = row->subject;
	double before = kernelmem_read(), taken = 0;
	struct subject subject;
	int err = listed_load(run->kind, run->lists, &subject);

	if (!err)
		err = listed_fill(run->kind, run->lists, &subject);
	if (!err) {
		taken = kernelmem_read() - before;
		values[0] = taken / MIB;
		values[1] = all_memlock(&subject) / MIB;
		values[2] = taken / run->lists->count;
	}
	subject_free(&subject);
	kernelmem_wait(before + fmax(STILL_EACH * run->lists->count, STILL_LEAST));
	return err;
}

static int measure(const char *name, bool v6, __u32 count)
{
	struct memory_run *runs = calloc(listed_kinds_len, sizeof(*runs));
	struct lists lists = {};
	struct table *table;
	char title[100];
	int err;

	snprintf(title, sizeof(title), "A block list of %u IPv%d entries: the memory it takes",
	         count, v6 ? 6 : 4);
	table = runs ? table_new(name, title) : NULL;
	err = table ? lists_make(&lists, v6, count) : -ENOMEM;
	if (!err) {
		if (table->rounds > 5)
			table->rounds = 5;
		table_metric(table, (struct metric){ .name = "real", .unit = "MiB" });
		table_metric(table,
		             (struct metric){ .name = "memlock", .unit = "MiB", .no_ratio = true });
		table_metric(table,
		             (struct metric){ .name = "each", .unit = "bytes", .no_ratio = true });
		table_note(
			table,
			kernelmem_is_ours()
				? "real: what the kernel charges our control group for, and the "
				  "machine's per-CPU memory where it does not charge that, "
				  "beside what it says of the maps (memlock)."
				: "real: what the kernel has more of its own memory afterwards (of "
				  "/proc/meminfo: neither free nor of processes or files; what "
				  "others do shows as well), beside what it says of the maps "
				  "(memlock).");
		table_note(table, v6 ? "memlock knows nothing of what lies in a map of maps (acl), "
		                       "and of a trie it tells a third."
		                     : "memlock knows nothing of what lies in a map of maps (acl), "
		                       "and of a trie it tells a quarter.");
		table_note(table, "The same list takes the same, to the page if only we are "
		                  "charged: that is why A/A may be 0.");
		table_note(table, lists_note(v6));
	}
	for (size_t i = 0; !err && i < listed_kinds_len; i++) {
		runs[i] = (struct memory_run){ &listed_kinds[i], &lists };
		listed_is_there(&listed_kinds[i],
		                table_row(table, listed_kinds[i].name, listed_kinds[i].what,
		                          round_memory, &runs[i]));
	}
	if (!err)
		table_again(table, "xdp_acl");
	if (!err)
		err = table_run(table);
	lists_free(&lists);
	free(runs);
	return err;
}

int group_memory(void)
{
	int err;

	kernelmem_begin();
	err = measure("memory-1k", false, 1000);
	if (!err)
		err = measure("memory-100k", false, 100000);
	if (!err && !bench.quick)
		err = measure("memory-1M", false, 1000000);
	if (!err && !bench.quick)
		err = measure("memory6-1M", true, 1000000);
	return err;
}
