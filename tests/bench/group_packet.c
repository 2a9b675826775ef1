// SPDX-License-Identifier: GPL-2.0-or-later
/* What each program costs a packet, above a program that does nothing. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "bpffs/log.h"
#include "objects/chain.h"
#include "objects/ratelimit.h"
#include "tests/bench/bench.h"
#include "tests/bench/configured.h"
#include "tests/bench/store.h"
#include "tests/bench/wrapper.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* An LRU table drops entries even before it is full: 65536 sources against room for 16384. */
#define MORE_SOURCES "ours: counts sources, more than its LRU table has room for"

/* A row of one program, which the link then holds. */
static int fill_link(struct subject *subject, const char *link, const char *object)
{
	struct subject pass;
	__u32 zero = 0;
	int link_fd = subject_map(subject, link), err;

	err = subject_load(&pass, object, NULL, NULL, NULL);
	if (!err && bpf_map_update_elem(link_fd, &zero, &pass.prog_fd, BPF_ANY))
		err = failed(-errno, "cannot put %s into %s", object, link);
	subject_free(&pass);
	return err;
}

static int fill_xdp_chain(struct subject *subject)
{
	return fill_link(subject, CHAIN_HEAD CHAIN_XDP_LINK, "objects/xdp_pass.o");
}

static int fill_tc_chain(struct subject *subject)
{
	return fill_link(subject, CHAIN_HEAD CHAIN_TC_LINK, "objects/tc_pass.o");
}

/* As the tool leaves it after the last limit was removed. */
static int fill_no_limits(struct subject *subject)
{
	const struct rate_settings settings = { .empty = 1 };
	int fd = subject_map(subject, RATE_SETTINGS_MAP);
	__u32 zero = 0;

	return bpf_map_update_elem(fd, &zero, &settings, BPF_ANY)
	               ? failed(-errno, "cannot say that there are no limits")
	               : 0;
}

static const struct store_program xdp_programs[] = {
	{ "empty", "the zero line: a program that only returns", BENCH_BPF "empty.o", "empty_xdp",
	  XDP_PASS, NULL, NULL, NULL },
	{ ROW_AA, "the zero line, loaded once more", BENCH_BPF "empty.o", "empty_xdp", XDP_PASS,
	  NULL, NULL, NULL },
	{ "xdp_pass", "ours: counts and passes", "objects/xdp_pass.o", NULL, XDP_PASS, "empty",
	  NULL, NULL },
	{ "xdp_drop", "ours: counts and drops", "objects/xdp_drop.o", NULL, XDP_DROP, "empty", NULL,
	  NULL },
	{ "empty-frags", "the zero line of programs for packets of several buffers",
	  BENCH_BPF "empty.o", "empty_frags", XDP_PASS, NULL, NULL, NULL },
	{ "xdp_pass_frags", "the same for packets of several buffers", "objects/xdp_pass_frags.o",
	  NULL, XDP_PASS, "empty-frags", "xdp_pass", NULL },
	{ "alw_ip", "xdp-filter: IP addresses, nothing listed", "xdpfilt_alw_ip.o", NULL, XDP_PASS,
	  "empty", NULL, NULL },
	{ "alw_all", "xdp-filter: all its features, nothing listed", "xdpfilt_alw_all.o", NULL,
	  XDP_PASS, "empty", NULL, NULL },
	{ "xdp_parse", MORE_SOURCES, "objects/xdp_parse.o", NULL, ANY_ACTION, "empty", NULL, NULL },
	{ "xdp_acl", "ours, nothing listed", "objects/xdp_acl.o", NULL, ANY_ACTION, "empty", NULL,
	  NULL },
	{ "xdp_ratelimit", "ours: looks for limits, there are none", "objects/xdp_ratelimit.o",
	  NULL, ANY_ACTION, "empty", NULL, NULL },
	{ "xdp_ratelimit/none", "its limits were removed", "objects/xdp_ratelimit.o", NULL,
	  ANY_ACTION, "empty", NULL, fill_no_limits },
	{ "xdp_rewrite", "ours: no rules", "objects/xdp_rewrite.o", NULL, ANY_ACTION, "empty", NULL,
	  NULL },
	{ "xdp_echo", "ours: TCP, which is not answered", "objects/xdp_echo.o", NULL, ANY_ACTION,
	  "empty", NULL, NULL },
	{ "xdp_redirect", "ours: nothing is redirected", "objects/xdp_redirect.o", NULL, ANY_ACTION,
	  "empty", NULL, NULL },
	{ "xdp_chain", "ours: nothing behind it", "objects/xdp_chain.o", NULL, ANY_ACTION, "empty",
	  "xdp_pass", NULL },
	{ "xdp_chain/xdp_pass", "xdp_pass behind it", "objects/xdp_chain.o", NULL, XDP_PASS,
	  "empty", "xdp_pass", fill_xdp_chain },
};

static const struct store_program tc_programs[] = {
	{ "empty", "the zero line: a program that only returns", BENCH_BPF "empty.o", "empty_tc",
	  TC_ACT_OK, NULL, NULL, NULL },
	{ ROW_AA, "the zero line, loaded once more", BENCH_BPF "empty.o", "empty_tc", TC_ACT_OK,
	  NULL, NULL, NULL },
	{ "tc_pass", "ours: counts and passes", "objects/tc_pass.o", NULL, TC_ACT_OK, "empty", NULL,
	  NULL },
	{ "tc_drop", "ours: counts and drops", "objects/tc_drop.o", NULL, TC_ACT_SHOT, "empty",
	  NULL, NULL },
	{ "tc_parse", MORE_SOURCES, "objects/tc_parse.o", NULL, ANY_ACTION, "empty", NULL, NULL },
	{ "tc_acl", "ours, nothing listed", "objects/tc_acl.o", NULL, ANY_ACTION, "empty", NULL,
	  NULL },
	{ "tc_ratelimit", "ours: looks for limits, there are none", "objects/tc_ratelimit.o", NULL,
	  ANY_ACTION, "empty", NULL, NULL },
	{ "tc_ratelimit/none", "its limits were removed", "objects/tc_ratelimit.o", NULL,
	  ANY_ACTION, "empty", NULL, fill_no_limits },
	{ "tc_rewrite", "ours: no rules", "objects/tc_rewrite.o", NULL, ANY_ACTION, "empty", NULL,
	  NULL },
	{ "tc_echo", "ours: TCP, which is not answered", "objects/tc_echo.o", NULL, ANY_ACTION,
	  "empty", NULL, NULL },
	{ "tc_redirect", "ours: nothing is redirected", "objects/tc_redirect.o", NULL, ANY_ACTION,
	  "empty", NULL, NULL },
	{ "tc_chain", "ours: nothing behind it", "objects/tc_chain.o", NULL, ANY_ACTION, "empty",
	  NULL, NULL },
	{ "tc_chain/tc_pass", "tc_pass behind it", "objects/tc_chain.o", NULL, TC_ACT_OK, "empty",
	  NULL, fill_tc_chain },
};

/* A program that only returns does not tell what the place of one that does more makes of it. */
static const char *const xdp_again[] = { "xdp_pass", "xdp_acl", NULL };
static const char *const tc_again[] = { "tc_pass", "tc_acl", NULL };

static struct table *make_table(const char *name, const char *title)
{
	struct table *table = table_new(name, title);

	if (!table)
		return NULL;
	table_metric(table, (struct metric){ .name = "cost", .unit = "ns" });
	table_note(table,
	           "Nanoseconds of thread CPU time around BPF_PROG_TEST_RUN, above the empty "
	           "program in the same wrapper and the same round: the wall has the waits for RCU "
	           "at both ends.");
	table_note(table, "A wrapper restores each packet, which the kernel does not, and gives it "
	                  "another of 65536 source addresses, as one alone finds all in the "
	                  "CPU's caches; IPv4, TCP, 64 bytes.");
	table_note(table,
	           "An LRU table drops entries before it is full, and then each new source "
	           "costs more: rows /1k have 1024 sources, which fit, and what forwards has "
	           "256. These are above empty/1k, which has few as well.");
	table_note(table, MEASURED_NOTE);
	table_note(table, "What redirects or answers only decides: a test run sends nothing on.");
	return table;
}

int group_packet(void)
{
	struct table *table = make_table("packet-xdp", "XDP programs: what each costs a packet");
	int err;

	if (table) {
		table_note(table, "xdp-forward is loaded without libxdp's dispatcher "
		                  "(LIBXDP_SKIP_DISPATCHER), which would cost more.");
		table_note(table, "xdp-filter (alw_ip) looks up destination and source, the rule "
		                  "and the list of xdp_acl the source only.");
	}
	err = table ? store_measure(table, xdp_programs, LEN(xdp_programs), xdp_again,
	                            configured_add_xdp)
	            : -ENOMEM;

	if (err)
		return err;
	table = make_table("packet-tc", "tc programs: what each costs a packet");
	return table ? store_measure(table, tc_programs, LEN(tc_programs), tc_again,
	                             configured_add_tc)
	             : -ENOMEM;
}
