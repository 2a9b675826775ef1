// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>
#include "tests/bench/command.h"
#include "tests/bench/configured.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define CHECKED    64 /* packets */
#define LOAD       "load -m native v0 objects/"
#define UNLOAD     "unload --purge --hook xdp v0"
#define ROUTED     "10.0.1.2" /* behind w0 */

static const struct configured {
	const char *name, *what;
	const char *object;          /* of ours, or NULL */
	const char *attach, *detach; /* lines of the shell */
	int action;                  /* that it returns for each packet */
	__u32 sources;               /* 0: those of all rows */
	const char *destination;     /* NULL: this host */
	const char *vs;              /* row it is compared to, or NULL */
} list[] = {
	{ "xdp_parse/1k", "1024 sources: its table has room for them", "objects/xdp_parse.o",
	  LOAD "xdp_parse.o", UNLOAD, XDP_PASS, 1024, NULL, NULL },
	{ "xdp_acl/rule", "a rule, for others", "objects/xdp_acl.o",
	  LOAD "xdp_acl.o && acl v0 add 192.0.2.0/24", UNLOAD, XDP_PASS, 0, NULL, "alw_ip" },
	{ "xdp_acl/list", "a list, of others", "objects/xdp_acl.o",
	  LOAD "xdp_acl.o && acl v0 add --list bench 192.0.2.0/24", UNLOAD, XDP_PASS, 0, NULL,
	  "alw_ip" },
	{ "xdp_ratelimit/1k", "1024 sources, each with a bucket that never runs dry",
	  "objects/xdp_ratelimit.o",
	  LOAD "xdp_ratelimit.o && ratelimit v0 add 10.0.0.0/8 pps 1000000000", UNLOAD, XDP_PASS,
	  1024, NULL, NULL },
	{ "xdp_rewrite/rule", "a rule that changes the port", "objects/xdp_rewrite.o",
	  LOAD "xdp_rewrite.o && rewrite v0 add in dst 10.0.0.1 tcp set dport 8080", UNLOAD,
	  XDP_PASS, 0, NULL, NULL },
	{ "xdp_redirect/flow", "a station whose frames go to w0", "objects/xdp_redirect.o",
	  LOAD "xdp_redirect.o && redirect v0 w0", UNLOAD, XDP_REDIRECT, 0, NULL, NULL },
	{ "xdp-forward", "a route looked up for each packet", NULL,
	  "xdp-forward load -m native v0 w0", "xdp-forward unload v0 w0", XDP_REDIRECT, 256, ROUTED,
	  NULL },
	{ "xdp_forward", "ours", "objects/xdp_forward.o", LOAD "xdp_forward.o", UNLOAD,
	  XDP_REDIRECT, 256, ROUTED, "xdp-forward" },
	{ "xdp_forward/cached", "ours, with its cache: 256 flows", "objects/xdp_forward.o",
	  LOAD "xdp_forward.o && forward v0 cache on", UNLOAD, XDP_REDIRECT, 256, ROUTED,
	  "xdp-forward" },
};
_Static_assert(LEN(list) <= STORE_MORE, "more rows than store_measure() has room for");

static bool is_there(const struct configured *c, struct row *row)
{
	if (c->object && access(c->object, R_OK))
		row_missing(row, true, "%s is not built yet", c->object);
	else if (!c->object && !command_exists("xdp-forward"))
		row_missing(row, false, PEER_XDP_FORWARD);
	return !row->missing[0];
}

static int wrap(const struct configured *c, struct store_run *run, const struct keys *all)
{
	struct keys few = {};
	struct frame frame;
	int err = 0;

	frame_make(&frame, false);
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
	run->run.ifindex = (int)if_nametoindex("v0");
	return testrun_check(&run->run, c->action, CHECKED);
}

static int add(struct table *table, const struct configured *c, struct store_run *run,
               const struct keys *keys)
{
	struct row *row = table_row(table, c->name, c->what, testrun_round, run);
	int err, last;

	snprintf(row->zero, sizeof(row->zero), "empty");
	if (c->vs)
		snprintf(row->vs, sizeof(row->vs), "%s", c->vs);
	if (!is_there(c, row))
		return 0;
	err = command_run(NULL, "%s", c->attach);
	if (err)
		return err;
	run->used = true;
	/* It stays loaded, with its maps, when it is off the interface again. */
	err = subject_take(&run->subject, "v0");
	last = command_run(NULL, "%s", c->detach);
	if (!err)
		err = wrap(c, run, keys);
	return err ? err : last;
}

int configured_add(struct table *table, struct store_run *runs, const struct keys *keys)
{
	int err = 0;

	for (size_t i = 0; !err && i < LEN(list); i++)
		err = add(table, &list[i], &runs[i], keys);
	return err;
}
