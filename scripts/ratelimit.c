// SPDX-License-Identifier: GPL-2.0-or-later
/* ratelimit - limit packets and bytes per second by source address */
#include <bpf/bpf.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/config.h"
#include "scripts/ratelimit_edit.h"
#include "scripts/ratelimit_limit.h"
#include "scripts/ratelimit_load.h"
#include "scripts/ratelimit_show.h"

static const struct option options[] = {
	{ "keep-going", no_argument, NULL, 'k' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [<verb> [<argument>...]]\n"
	"Limit what sources send to an interface on which xdp_ratelimit or tc_ratelimit\n"
	"runs, and show what was dropped.\n"
	"\n"
	"  add PREFIX [pps N] [bps N] [burst N] [burst-bytes N] [per source|prefix]\n"
	"                      limit packets and bits per second; without a number, none\n"
	"  del PREFIX          remove a limit\n"
	"  list                print the limits (the default)\n"
	"  flush               remove them all\n"
	"  load FILE           put the limits of a file in place of all; - is stdin\n"
	"  save                print what load reads\n"
	"  dropped [COUNT]     print the sources of which most was dropped; default 10,\n"
	"                      0: all\n"
	"\n"
	"  -k, --keep-going    load what is right of a file with bad lines; exit status 3\n"
	"  -j, --json          print one JSON document a line\n"
	"      --netns <ns>    interface of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: %s eth0 add 192.0.2.0/24 pps 1000 bps 10M per source\n";
/* clang-format on */

static int verb_add(struct config *config, char **argv, int argc)
{
	struct ratelimit_edit edit;
	struct rate_prefix prefix;
	struct rate_limit limit;
	int err;

	if (prefix_parse(argv[0], &prefix) || limit_parse(argv + 1, argc - 1, &prefix, &limit))
		return EXIT_USAGE;
	if (ratelimit_edit_begin(&edit, config))
		return EXIT_KERNEL;
	err = ratelimit_put(&edit, &limit);
	return ratelimit_edit_end(&edit) || err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int verb_del(struct config *config, char **argv, int argc)
{
	struct ratelimit_edit edit;
	struct rate_prefix prefix;
	int err;

	(void)argc;
	if (prefix_parse(argv[0], &prefix))
		return EXIT_USAGE;
	if (ratelimit_edit_begin(&edit, config))
		return EXIT_KERNEL;
	err = ratelimit_remove(&edit, &prefix);
	return ratelimit_edit_end(&edit) || err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static int flush(const struct ratelimit_edit *edit)
{
	struct ratelimit_list limits = {};
	const struct rate_limit *limit;
	int err = ratelimit_read_limits(edit->config, &limits);

	if (err)
		return err;
	limit = limits.values;
	for (size_t i = 0; !err && i < limits.len; i++)
		err = bpf_map_delete_elem(edit->limits_fd, &limit[i].prefix);
	if (err)
		failed(err, "cannot remove the limits of %s", edit->config->iface.name);
	free(limits.values);
	return err;
}

static int verb_flush(struct config *config, char **argv, int argc)
{
	struct ratelimit_edit edit;
	int err;

	(void)argv;
	(void)argc;
	if (ratelimit_edit_begin(&edit, config))
		return EXIT_KERNEL;
	err = flush(&edit);
	return ratelimit_edit_end(&edit) || err ? EXIT_KERNEL : EXIT_SUCCESS;
}

static bool keep_going;

static int verb_load(struct config *config, char **argv, int argc)
{
	(void)argc;
	return ratelimit_load(config, argv[0], keep_going);
}

static const struct config_verb verbs[] = {
	{ "list", CONFIG_READ, 0, 0, ratelimit_list },
	{ "add", CONFIG_WRITE, 1, -1, verb_add },
	{ "del", CONFIG_WRITE, 1, 1, verb_del },
	{ "flush", CONFIG_WRITE, 0, 0, verb_flush },
	{ "load", CONFIG_WRITE_LATER, 1, 1, verb_load },
	{ "save", CONFIG_READ, 0, 0, ratelimit_save },
	{ "dropped", CONFIG_READ, 0, 1, ratelimit_dropped },
	{},
};

int main(int argc, char **argv)
{
	struct config_options common = {};
	int c, status;

	argv[0] = (char *)cli_name("ratelimit");
	while ((c = cli_option(argc, argv, "kjvhV", options, "")) != -1) {
		if (c == 'k') {
			keep_going = true;
			continue;
		}
		status = config_option(&common, c, "ratelimit", usage);
		if (status >= 0)
			return status;
	}
	return config_run(verbs, &common, "ratelimit", "ratelimit", argv + optind, argc - optind);
}
