/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Programs in a row: each hands a packet that it has nothing against to the one that its link
 * names. The names of a program's link and of its counter, for the programs and the tool.
 */
#ifndef CHAIN_H
#define CHAIN_H

/* A program array of one entry, the program that follows; and what was handed on. */
#define CHAIN_XDP_LINK    "_xnext"
#define CHAIN_XDP_COUNTER "_xwent" /* per-CPU array of struct stats_record: */
#define CHAIN_TC_LINK     "_tnext"
#define CHAIN_TC_COUNTER  "_twent"

/*
 * Programs count in the first entry and never start anew. The second, which tools write, is what
 * that was when what follows now had been handed nothing: the difference of the sums over all CPUs,
 * modulo 2^64, is what it was given. It goes along with a program when others around it change.
 */
#define CHAIN_COUNTER_WENT 0
#define CHAIN_COUNTER_BASE 1
#define CHAIN_COUNTERS     2

/* The link that a row begins with is that of the programs xdp_chain and tc_chain. */
#define CHAIN_HEAD "chain"

/* The kernel follows 33 tail calls, older ones 32. */
#define CHAIN_PROGRAMS 32

#endif
