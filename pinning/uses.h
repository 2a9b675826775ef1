/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which maps the programs of an ELF object use, in the order in which instructions name them: their
 * own, and then those of the functions that they call, as libbpf puts these behind them.
 */
#ifndef PINNING_USES_H
#define PINNING_USES_H

#include <stddef.h>

struct uses_program {
	char *name;  /* of the function */
	char **maps; /* each once */
	size_t len;
};

struct uses {
	struct uses_program *list;
	size_t len;
};

/* Read a file, with maps in a section .maps or maps. Reports its failures. Returns 0 or an errno.
 */
int uses_read(struct uses *uses, const char *path);
void uses_free(struct uses *uses);

#endif
