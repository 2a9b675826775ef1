/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of a big map or list changed by a tool. */
#ifndef BENCH_BULK_EDIT_H
#define BENCH_BULK_EDIT_H

/*
 * Its table, with as many entries as bulk_entries_make() has made and the IPv4 list that acl has of
 * bulk_acl_prepare(). Returns 0 or a negative errno, reported.
 */
int bulk_edit_measure(void);

#endif
