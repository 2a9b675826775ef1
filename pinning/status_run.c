// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/access.h"
#include "bpffs/log.h"
#include "bpffs/mounts.h"
#include "pinning/status_find.h"
#include "pinning/status_print.h"
#include "pinning/status_run.h"

struct run {
	const struct status_options *options;
	struct status_scope scope;
	bool all; /* only what has a program or a directory */
	unsigned int shown, failures;
};

/* Look at one interface, print it, release it. */
static int show(struct status *st, void *arg)
{
	struct run *run = arg;
	int err = status_look(st, &run->scope);

	if (!err && (!run->all || st->has_dir || st->attached.len)) {
		if (run->options->json)
			err = status_print_json(st, &run->scope);
		else if (run->options->links)
			status_print_links(st);
		else
			status_print_text(st);
		run->shown += !err;
	}
	run->failures += err || st->partly;
	status_free(st);
	return 0;
}

static void show_named(struct run *run, const char *ifname)
{
	struct status *st = malloc(sizeof(*st));

	if (!st)
		run->failures += failed(-ENOMEM, "cannot describe %s", ifname) != 0;
	else if (status_find(st, &run->scope, ifname))
		run->failures++;
	else
		show(st, run);
	free(st);
}

/* Without a BPF filesystem there are no pins, but programs all the same. */
static int open_scope(struct status_scope *scope)
{
	const char *named = getenv("IFBPF_BPFFS");
	int err = 0;

	if ((named && *named) || bpffs_probe() >= 0) {
		err = bpffs_open(&scope->fs, BPFFS_READ);
		scope->has_fs = !err;
	} else if (mounts_private_sys()) {
		note("this shell has a /sys of its own, as under 'ip netns exec': no pin is in "
		     "view");
		hint("leave it and name the namespace: status --netns NAME");
	}
	if (!err) {
		err = owners_scan_with_interfaces(&scope->owners, &scope->fs, "");
		if (err)
			failed(err, "cannot look for pins");
	}
	return err;
}

static void say_what_is_missing(const struct status_scope *scope)
{
	if (scope->no_ids)
		note("without CAP_SYS_ADMIN the kernel opens no program, map or link by its id: "
		     "names, maps, links and drift are missing");
	if (scope->no_tcx)
		note("without CAP_NET_ADMIN the kernel does not list tcx and netkit programs");
	if (scope->no_pins)
		note("some directories of pins cannot be read: they are root's");
	if (scope->no_ids || scope->no_tcx || scope->no_pins)
		access_hint(NULL);
}

int status_run(const struct status_options *options, char *const *ifnames, int len)
{
	struct run run = { .options = options, .all = len == 0, .scope.fs.fd = -1 };
	struct netns_id caller;
	int err;

	/* Where the tool was started decides about the home namespace, so before entering another.
	 */
	err = netns_caller(&caller);
	if (!err && options->netns && netns_enter(options->netns))
		return EXIT_KERNEL;
	if (open_scope(&run.scope))
		return EXIT_KERNEL;
	for (int i = 0; i < len; i++)
		show_named(&run, ifnames[i]);
	if (run.all)
		err = status_find_all(&run.scope, show, &run);
	if (run.all && !err && !run.shown && !run.failures && !options->json)
		note("no interface has a BPF program or a directory of pins");
	say_what_is_missing(&run.scope);
	owners_free(&run.scope.owners);
	if (run.scope.has_fs)
		bpffs_close(&run.scope.fs);
	if (err || (run.failures && !run.shown))
		return EXIT_KERNEL;
	return run.failures ? EXIT_PARTLY : EXIT_SUCCESS;
}
