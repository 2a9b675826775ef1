/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which maps are made anew, and why: said when it is known that no map stops the load. */
#ifndef PINNING_REUSE_ANEW_H
#define PINNING_REUSE_ANEW_H

#include "pinning/shape.h"

struct reuse_anew {
	struct reuse_anew_map {
		char *text;
		struct shape_diffs diffs;
	} * list;
	size_t len;
};

/* Remember what is to be said; the differences come under it, and are taken over. Returns 0 or
 * -ENOMEM, silent. */
int reuse_anew_add(struct reuse_anew *anew, struct shape_diffs *diffs, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void reuse_anew_say(const struct reuse_anew *anew);
void reuse_anew_free(struct reuse_anew *anew);

#endif
