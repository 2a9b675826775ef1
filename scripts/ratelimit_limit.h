/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A limit and its prefix, from the words that a user typed and back. */
#ifndef SCRIPTS_RATELIMIT_LIMIT_H
#define SCRIPTS_RATELIMIT_LIMIT_H

#include <netinet/in.h>
#include <stdio.h>
#include "objects/ratelimit.h"

/* An address, "/", up to three digits. */
#define PREFIX_TEXT_SIZE (INET6_ADDRSTRLEN + 4)

/* Parse "192.0.2.0/24", or an address for all its bits. Returns 0, or -EINVAL, reported. */
int prefix_parse(const char *text, struct rate_prefix *prefix);
const char *prefix_text(const struct rate_prefix *prefix, char text[PREFIX_TEXT_SIZE]);

/* Parse "pps 100 bps 2M burst 10 burst-bytes 3000 per prefix". Returns 0, or -EINVAL, reported. */
int limit_parse(char *const words[], int count, const struct rate_prefix *prefix,
                struct rate_limit *limit);

/* Print a line of the words that make a limit, its prefix first. */
void limit_print(FILE *out, const struct rate_limit *limit);

#endif
