// SPDX-License-Identifier: GPL-2.0-or-later
/* stats - print the packets and bytes that the programs of interfaces counted per action */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/stats_run.h"
#include "scripts/stats_ticker.h"

#define INTERVAL_NS 1000000000ULL

static const struct option options[] = {
	{ "watch", no_argument, NULL, 'w' },   { "interval", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },    { "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, {},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] [<ifname>...]\n"
	"Print the packets and bytes that the programs of an interface counted, per hook\n"
	"and action, from its pinned maps; without a name, for every interface with pins.\n"
	"\n"
	"  -w, --watch         print again and again, with packets and bits per second\n"
	"  -i, --interval <s>  seconds between two prints of --watch, such as 0.5;\n"
	"                      default 1\n"
	"  -j, --json          print one JSON document a line\n"
	"      --netns <ns>    interfaces of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print actions without packets, and libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: pin_maps eth0 && %s --watch eth0\n";
/* clang-format on */

int main(int argc, char **argv)
{
	struct stats_options how = { .interval_ns = INTERVAL_NS };
	bool interval = false;
	int c;

	argv[0] = (char *)cli_name("stats");
	while ((c = cli_option(argc, argv, "wi:jvhV", options, "")) != -1) {
		switch (c) {
		case 'w': how.watch = true; break;
		case 'i':
			interval = true;
			if (!ticker_parse(optarg, &how.interval_ns))
				break;
			log_line(stderr, "stats: no interval: '%s'", optarg);
			hint("give seconds, at least 0.001: --interval 0.5");
			return EXIT_USAGE;
		case 'j': how.json = true; break;
		case 'N': how.netns = optarg; break;
		case 'v': how.verbose = true; break;
		case 'h': cli_usage(stdout, usage, "stats"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("stats " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("stats", NULL);
		}
	}
	if (interval && !how.watch) {
		fputs("stats: --interval is the time between two prints of --watch\n", stderr);
		hint("add --watch, or leave it out");
		return EXIT_USAGE;
	}
	log_init("stats", how.verbose);
	return stats_run(&how, argv + optind, argc - optind);
}
