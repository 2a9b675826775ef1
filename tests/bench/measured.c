// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include "tests/bench/bench.h"
#include "tests/bench/measured.h"

#define STAYS_MOST 3

static int take_again(struct measured *measured)
{
	struct subject again;
	int err = measured->take(&again);

	if (err) {
		subject_free(&again);
		return err;
	}
	subject_free(&measured->subject);
	measured->subject = again;
	return 0;
}

static int load_again(struct measured *measured)
{
	struct subject *subject = &measured->subject;
	double began = cpu_seconds();
	int err = measured->take ? take_again(measured) : subject_renew(subject);

	if (!err && measured->fill)
		err = measured->fill(subject);
	measured->stays = (unsigned int)fmin(
		(cpu_seconds() - began) / testrun_wanted(&measured->run), STAYS_MOST);
	return err;
}

static int renew(struct measured *measured)
{
	int err = 0;

	if (measured->stays)
		measured->stays--;
	else
		err = load_again(measured);
	return err ? err : testrun_renew(&measured->run, measured->subject.prog_fd);
}

int measured_round(struct row *row, double values[TABLE_METRICS])
{
	struct measured *measured = row->subject;
	int err = renew(measured);

	return err ? err : testrun_time(&measured->run, &values[0]);
}

void measured_free(struct measured *measured)
{
	testrun_free(&measured->run);
	subject_free(&measured->subject);
}
