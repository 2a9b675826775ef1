/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call of load: a program onto each of the interfaces that it names. */
#ifndef PINNING_LOAD_CALL_H
#define PINNING_LOAD_CALL_H

#include <stdbool.h>
#include "pinning/load_print.h"
#include "pinning/loader.h"

struct load_call {
	const struct object_choice *choice;
	struct load_options *how;
	struct load_print print;
};

/*
 * Load onto each of them; what fails on one does not stop the others. shared: one program and one
 * set of maps for all; ifnames may change. Prints what came of each, and reports its failures.
 * Returns the exit status.
 */
int load_call(char **ifnames, int count, bool shared, const struct load_call *call);

/*
 * What fails before a program comes into play, and is told already: as the stages have it, if they
 * were asked for. name: of the interface, or NULL if it is none's failure.
 */
void load_explain_early(struct explanation *e, enum explain_stage stage, const char *name, int err,
                        const struct load_call *call);

#endif
