// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/store.h"

#define CHECKED 64 /* packets */

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

int store_add(struct table *table, const struct store_program *program, struct store_run *run,
              const struct frame *frame, const struct keys *keys, const char *zero)
{
	struct row *row = table_row(table, program->name, program->what, testrun_round, run);
	char path[PATH_MAX];
	int err;

	memset(run, 0, sizeof(*run));
	if (zero)
		snprintf(row->zero, sizeof(row->zero), "%s", zero);
	if (program->vs)
		snprintf(row->vs, sizeof(row->vs), "%s", program->vs);
	if (!find(program, row, path))
		return 0;
	run->used = true;
	err = subject_load(&run->subject, path, program->program, NULL, NULL);
	if (!err && program->fill)
		err = program->fill(&run->subject);
	if (!err)
		err = testrun_make(&run->run, run->subject.prog_fd, frame, keys);
	if (!err)
		err = testrun_check(&run->run, program->action, CHECKED);
	return err ? failed(err, "cannot measure %s", path) : 0;
}

void store_run_free(struct store_run *run)
{
	if (!run->used)
		return;
	testrun_free(&run->run);
	subject_free(&run->subject);
	run->used = false;
}
