// SPDX-License-Identifier: GPL-2.0-or-later
/* The file of the targets: each of its lines is one. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/targets.h"

static const char *const signs[] = {
	[TARGET_AT_MOST] = "<=",
	[TARGET_AT_LEAST] = ">=",
	[TARGET_EXACTLY] = "=",
};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

/* TABLE ROW METRIC value|ROW|TABLE:ROW >=|<=|= LIMIT SENTENCE */
static int parse(const char *line, struct target *target)
{
	char is[4] = "";
	int at = 0;

	memset(target, 0, sizeof(*target));
	if (sscanf(line, " %47s %47s %47s %47s %3s %lf %n", target->table, target->row,
	           target->metric, target->vs, is, &target->limit, &at) != 6 ||
	    !at || !line[at])
		return -EINVAL;
	while (target->is < SIGNS && strcmp(is, signs[target->is]))
		target->is++;
	if (target->is == SIGNS || !isfinite(target->limit))
		return -EINVAL;
	if (!strcmp(target->vs, "value"))
		target->vs[0] = '\0';
	snprintf(target->sentence, sizeof(target->sentence), "%.*s", (int)strcspn(line + at, "\n"),
	         line + at);
	return 0;
}

int targets_read(void)
{
	FILE *f = fopen(TARGETS_FILE, "r");
	unsigned int number = 0;
	struct target *more;
	char line[400];
	int err = 0;

	if (!f)
		return failed(-errno, "cannot open %s", TARGETS_FILE);
	while (!err && fgets(line, sizeof(line), f)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		more = reallocarray(targets, targets_len + 1, sizeof(*targets));
		if (!more) {
			err = failed(-ENOMEM, "cannot read %s", TARGETS_FILE);
			break;
		}
		targets = more;
		err = parse(line, &targets[targets_len]);
		if (err)
			failed(err, "cannot read %s:%u", TARGETS_FILE, number);
		else
			targets_len++;
	}
	fclose(f);
	return err;
}
