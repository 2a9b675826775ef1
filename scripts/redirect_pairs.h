/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stations of one interface go to which of the other. */
#ifndef SCRIPTS_REDIRECT_PAIRS_H
#define SCRIPTS_REDIRECT_PAIRS_H

#include "bpffs/interface.h"
#include "scripts/redirect_side.h"

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

/*
 * Whether the pairs of both directions go with the flows that are set already: no other source
 * leads to one of their destinations, and none of these leads elsewhere. -EEXIST, reported, if not.
 * What leads back to a source that gets another destination now counts for nothing.
 */
int redirect_pairs_check_ways(const struct redirect_side *there, const struct redirect_side *back);

/*
 * Whether a flow of the other direction is the way back of one that is set, and gets another
 * destination now; and is no way back of the call itself.
 */
bool redirect_pairs_is_old_way(const struct redirect_side *there, const struct redirect_side *back,
                               const struct redirect_pair *way);

#endif
