// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/hook.h"
#include "tests/bench/attach.h"
#include "tests/bench/command.h"
#include "tests/bench/configured.h"
#include "tests/bench/job.h"

#define LEN(array)  (sizeof(array) / sizeof((array)[0]))
#define CHECKED     64         /* packets */
#define ROUTED      "10.0.1.2" /* behind w0 */
#define FLOWS       256
#define FEW         1024
#define HOST        "w0" /* which forwards nothing that arrives there, and its Ethernet address */
#define HOST_MAC    3
#define PEER_LOAD   "xdp-forward load -m native v0 w0"
#define PEER_UNLOAD "xdp-forward unload v0 w0"

/* A program and its twin, on v0. */
static const struct configured {
	const char *program; /* xdp_PROGRAM and tc_PROGRAM */
	const char *with;    /* what stands behind the slash in the name of the row, or NULL */
	const char *what;
	const char *setup;                        /* a line of the shell after loading, or NULL */
	enum { PASSES, REDIRECTS, ANSWERS } does; /* to each packet */
	__u32 sources;                            /* 0: those of all rows */
	const char *destination;                  /* NULL: this host */
	const char *peer; /* the row that xdp_PROGRAM is compared to, or NULL */
} list[] = {
	{ "parse", "1k", "1024 sources: its table has room for them", NULL, PASSES, FEW, NULL,
	  NULL },
	{ "acl", "rule", "a rule, for others", "acl v0 add 192.0.2.0/24", PASSES, 0, NULL,
	  "alw_ip" },
	{ "acl", "list", "a list, of others", "acl v0 add --list bench 192.0.2.0/24", PASSES, 0,
	  NULL, "alw_ip" },
	{ "ratelimit", "1k", "1024 sources, each with a bucket that never runs dry",
	  "ratelimit v0 add 10.0.0.0/8 pps 1000000000", PASSES, FEW, NULL, NULL },
	{ "rewrite", "rule", "a rule that changes the port",
	  "rewrite v0 add in dst 10.0.0.1 tcp set dport 8080", PASSES, 0, NULL, NULL },
	{ "echo", "answer", "an echo request to a host that is no router, which it answers", NULL,
	  ANSWERS, 0, NULL, NULL },
	{ "redirect", "flow", "a station whose frames go to w0", "redirect v0 w0", REDIRECTS, 0,
	  NULL, NULL },
	{ "forward", NULL, "a route looked up for each packet", NULL, REDIRECTS, FLOWS, ROUTED,
	  "xdp-forward" },
	{ "forward", "cached", "with its cache: 256 flows", "forward v0 cache on", REDIRECTS, FLOWS,
	  ROUTED, "xdp-forward" },
};
_Static_assert(2 * (LEN(list) + 1) <= STORE_MORE, "more rows than store_measure() has room for");

static int wrap(const struct configured *c, enum hook hook, struct measured *run,
                const struct keys *all)
{
	static const int actions[][3] = {
		[HOOK_XDP] = { XDP_PASS, XDP_REDIRECT, XDP_TX },
		[HOOK_TC_INGRESS] = { TC_ACT_UNSPEC, TC_ACT_REDIRECT, TC_ACT_REDIRECT },
	};
	struct keys few = {};
	struct frame frame;
	int err = 0;

	frame_make(&frame, false);
	if (c->does == ANSWERS)
		frame_ask(&frame, HOST_MAC);
	if (c->destination)
		frame_set_destination(&frame, c->destination);
	if (c->sources)
		err = keys_make_private(&few, c->sources);
	if (!err)
		err = testrun_make(&run->run, run->subject.prog_fd, &frame,
		                   c->sources ? &few : all);
	if (c->sources)
		keys_free(&few); /* the wrapper holds them */
	if (err)
		return err;
	run->run.ifindex = (int)if_nametoindex(c->does == ANSWERS ? HOST : "v0");
	return testrun_check(&run->run, actions[hook][c->does], CHECKED);
}

/*
 * What is on v0 now. It stays loaded, with its maps, when it is off the interface again. file: see
 * subject_take().
 */
static int take(struct subject *subject, enum hook hook, const char *file, const char *detach)
{
	int err = subject_take(subject, "v0", hook, file);
	int last = command_run(NULL, "%s", detach);

	if (last)
		attach_clear();
	return err ? err : last;
}

static struct row *add_row(struct table *table, const char *name, const char *what,
                           const char *zero, bool few, const char *vs, struct measured *run)
{
	struct row *row = table_row(table, name, what, measured_round, run);

	snprintf(row->zero, sizeof(row->zero), "%s%s", zero, few ? CONFIGURED_FEW : "");
	snprintf(row->vs, sizeof(row->vs), "%s", vs);
	return row;
}

static void name_row(char name[48], const char *hook, const struct configured *c)
{
	snprintf(name, 48, "%s_%s%s%s", hook, c->program, c->with ? "/" : "",
	         c->with ? c->with : "");
}

static int load_configured(const struct configured *c, enum hook hook, const char *object,
                           struct measured *run, const struct keys *keys)
{
	char detach[96];
	int err = command_run(NULL, "load %s v0 %s && %s",
	                      hook == HOOK_XDP ? "-m native" : "--tc clsact", object,
	                      c->setup ? c->setup : "true");

	if (err) {
		attach_clear();
		return err;
	}
	snprintf(detach, sizeof(detach), "unload --purge --hook %s v0%s", hook_name(hook),
	         hook == HOOK_XDP ? "" : CLSACT_OFF(""));
	err = take(&run->subject, hook, object, detach);
	if (!err)
		err = subject_renew(&run->subject);
	return err ? err : wrap(c, hook, run, keys);
}

static void add(struct table *table, const struct configured *c, enum hook hook, const char *zero,
                const char *vs, struct measured *run, const struct keys *keys)
{
	const char *prefix = hook == HOOK_XDP ? "xdp" : "tc";
	char name[48], object[64];
	struct row *row;

	name_row(name, prefix, c);
	row = add_row(table, name, c->what, zero, c->sources, vs, run);
	snprintf(object, sizeof(object), "objects/%s_%s.o", prefix, c->program);
	if (access(object, R_OK)) {
		row_missing(row, true, "%s is not built yet", object);
	} else if (load_configured(c, hook, object, run, keys)) {
		row_fail(table, row);
	}
}

/* Only the tool itself can load it: its object is a part of it. */
static int take_peer(struct subject *subject)
{
	int err = command_run(NULL, PEER_LOAD);

	memset(subject, 0, sizeof(*subject));
	return err ? err : take(subject, HOOK_XDP, NULL, PEER_UNLOAD);
}

/* What xdp-tools has for the same packets as xdp_forward. */
static void add_peer(struct table *table, struct measured *run, const struct keys *keys)
{
	static const struct configured peer = { .does = REDIRECTS,
		                                .sources = FLOWS,
		                                .destination = ROUTED };
	struct row *row = add_row(table, "xdp-forward", "a route looked up for each packet",
	                          "empty", true, "", run);

	if (!command_exists("xdp-forward"))
		row_missing(row, false, PEER_XDP_FORWARD);
	else
		command_is_there(row, "xdp-forward", "xdp-tools");
	if (row->missing[0])
		return;
	run->take = take_peer;
	if (!attach_try(table, row, PEER_LOAD, PEER_UNLOAD, false))
		return;
	if (take(&run->subject, HOOK_XDP, NULL, PEER_UNLOAD) || wrap(&peer, HOOK_XDP, run, keys))
		row_fail(table, row);
}

/* Behind them, so that those above it are not measured if it fails. Few keys are all in the CPU's
 * nearest cache, which those of the other zero line are not. */
static void add_zero(struct table *table, enum hook hook, const char *zero, struct measured *run)
{
	bool xdp = hook == HOOK_XDP;
	char name[48];
	const struct store_program empty = { name,
		                             "the zero line of those with 1024 sources or 256",
		                             BENCH_BPF "empty.o",
		                             xdp ? "empty_xdp" : "empty_tc",
		                             xdp ? XDP_PASS : TC_ACT_OK,
		                             NULL,
		                             NULL,
		                             NULL };
	struct keys few = {};
	struct frame frame;

	snprintf(name, sizeof(name), "%s" CONFIGURED_FEW, zero);
	frame_make(&frame, false);
	if (keys_make_private(&few, FEW))
		row_fail(table, table_row(table, name, empty.what, measured_round, run));
	else
		store_add(table, &empty, run, &frame, &few);
	keys_free(&few); /* the wrapper holds them */
}

void configured_add_xdp(struct table *table, struct measured *runs, const struct keys *keys)
{
	add_peer(table, &runs[LEN(list)], keys);
	for (size_t i = 0; i < LEN(list); i++)
		add(table, &list[i], HOOK_XDP, "empty", list[i].peer ? list[i].peer : "", &runs[i],
		    keys);
	add_zero(table, HOOK_XDP, "empty", &runs[LEN(list) + 1]);
}

void configured_add_tc(struct table *table, struct measured *runs, const struct keys *keys)
{
	for (size_t i = 0; i < LEN(list); i++)
		add(table, &list[i], HOOK_TC_INGRESS, "empty", "", &runs[i], keys);
	add_zero(table, HOOK_TC_INGRESS, "empty", &runs[LEN(list)]);
}

void configured_add_twins(struct table *table, struct measured *runs, const struct keys *keys)
{
	char twin[48];

	for (size_t i = 0; i < LEN(list); i++) {
		add(table, &list[i], HOOK_TC_INGRESS, "empty-tc", "", &runs[2 * i], keys);
		name_row(twin, "tc", &list[i]);
		add(table, &list[i], HOOK_XDP, "empty-xdp", twin, &runs[2 * i + 1], keys);
	}
	add_zero(table, HOOK_TC_INGRESS, "empty-tc", &runs[2 * LEN(list)]);
	add_zero(table, HOOK_XDP, "empty-xdp", &runs[2 * LEN(list) + 1]);
}
