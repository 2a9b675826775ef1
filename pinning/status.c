// SPDX-License-Identifier: GPL-2.0-or-later
/* status - show what runs on interfaces, whose it is, and whether the pins are those of it */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/status_run.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "links", no_argument, NULL, 'L' },
	{ "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] [<ifname>...]\n"
	"Show the BPF programs of interfaces, hook by hook in run order: how each is\n"
	"attached, when it was loaded and whose it is, and whether the pins are its maps.\n"
	"Without a name: every interface that has a program or a directory of pins.\n"
	"\n"
	"  -j, --json        print one JSON document a line, for each interface\n"
	"      --links       print only the bpf_links, as /proc/PID/fdinfo shows them\n"
	"      --netns <ns>  interfaces of that network namespace: name, path or pid\n"
	"  -v, --verbose     also print libbpf's messages\n"
	"  -h, --help        show this help\n"
	"  -V, --version     show the version\n"
	"\n"
	"Example: pin_maps eth0 && %s eth0\n";
/* clang-format on */

int main(int argc, char **argv)
{
	struct status_options how = {};
	bool verbose = false;
	int c;

	argv[0] = (char *)cli_name("status");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		switch (c) {
		case 'j': how.json = true; break;
		case 'L': how.links = true; break;
		case 'N': how.netns = optarg; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "status"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("status " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("status", NULL);
		}
	}
	log_init("status", verbose);
	return cli_finish(status_run(&how, argv + optind, argc - optind));
}
