// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/store.h"

#define CHECKED 64 /* packets */
#define KEYS    65536

/* Many short rounds: each has its programs in other places. */
#define STORE_ROUNDS 45
#define STORE_MS     10

/* The path of the object, or why there is none. Returns whether it is there. */
static bool find(const struct store_program *program, struct row *row, char path[PATH_MAX])
{
	const char *tools = subject_xdp_tools();

	if (strchr(program->file, '/')) {
		snprintf(path, PATH_MAX, "%s", program->file);
		if (!access(path, R_OK))
			return true;
		row_missing(row, true, "%s is not built yet", path);
		return false;
	}
	if (!tools) {
		row_missing(row, false, PEER_XDP_TOOLS);
		return false;
	}
	snprintf(path, PATH_MAX, "%s/%s", tools, program->file);
	return true;
}

void store_add(struct table *table, const struct store_program *program, struct measured *run,
               const struct frame *frame, const struct keys *keys)
{
	struct row *row = table_row(table, program->name, program->what, measured_round, run);
	char path[PATH_MAX];
	int err;

	if (program->zero)
		snprintf(row->zero, sizeof(row->zero), "%s", program->zero);
	if (program->vs)
		snprintf(row->vs, sizeof(row->vs), "%s", program->vs);
	if (!find(program, row, path))
		return;
	err = subject_load(&run->subject, path, program->program, NULL, NULL);
	run->fill = program->fill;
	if (!err && run->fill)
		err = run->fill(&run->subject);
	if (!err)
		err = testrun_make(&run->run, run->subject.prog_fd, frame, keys);
	if (!err)
		err = testrun_check(&run->run, program->action, CHECKED);
	if (!err)
		return;
	row_fail(table, row);
	rejected(err, "cannot measure %s", path); /* why was reported */
}

int store_measure(struct table *table, const struct store_program *programs, size_t len,
                  const char *const *again,
                  void (*more)(struct table *table, struct measured *runs, const struct keys *keys))
{
	struct measured *runs = calloc(len + STORE_MORE, sizeof(*runs));
	struct keys keys = {};
	struct frame frame;
	int err;

	if (!runs)
		return failed(-ENOMEM, "cannot measure %zu programs", len);
	frame_make(&frame, false);
	err = keys_make_private(&keys, KEYS);
	for (size_t i = 0; !err && i < len; i++)
		store_add(table, &programs[i], &runs[i], &frame, &keys);
	if (!err && more)
		more(table, runs + len, &keys);
	for (size_t i = 0; i < len + STORE_MORE; i++)
		runs[i].run.ms = STORE_MS;
	for (size_t i = 0; again && again[i]; i++)
		table_again(table, again[i]);
	table->rounds = bench_size(STORE_ROUNDS, bench.rounds);
	if (!err)
		err = table_run(table);
	for (size_t i = 0; i < len + STORE_MORE; i++)
		measured_free(&runs[i]);
	free(runs);
	keys_free(&keys);
	return err;
}
