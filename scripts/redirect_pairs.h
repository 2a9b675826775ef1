/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stations of one interface go to which of the other. */
#ifndef SCRIPTS_REDIRECT_PAIRS_H
#define SCRIPTS_REDIRECT_PAIRS_H

#include "bpffs/interface.h"
#include "scripts/redirect_maps.h"

/*
 * Read pairs "SOURCE=DESTINATION", or with none of them pair all stations known on `from` with the
 * one on `to`. The caller frees *pairs. Reports its failures. Returns 0 or a negative errno.
 */
int redirect_pairs_read(const struct interface *from, const struct interface *to, char **texts,
                        int texts_len, struct redirect_pair **pairs, size_t *len);

/*
 * The pairs of the other direction. -EINVAL, reported, if a destination would belong to two
 * sources. The caller frees *reverse. Returns 0 or a negative errno.
 */
int redirect_pairs_reverse(const struct redirect_pair *pairs, size_t len,
                           struct redirect_pair **reverse);

#endif
