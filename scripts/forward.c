// SPDX-License-Identifier: GPL-2.0-or-later
/* forward - watch and configure a program that routes packets */
#include <getopt.h>
#include "bpffs/cli.h"
#include "scripts/forward_maps.h"

static const struct option options[] = { CONFIG_OPTIONS, {} };

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [<verb>]\n"
	"Watch and configure the program that routes what an interface receives.\n"
	"\n"
	"  status              packets by what became of them, and what is set (default)\n"
	"  cache on|off|<ms>   use what the routing table said for so long (on: 100 ms)\n"
	"  flush               forget all that is cached\n"
	"  list                show what is cached\n"
	"  exclude <if>...     leave to the stack what would go out there\n"
	"  include <if>...     forward it again\n"
	"\n"
	"  -j, --json          print one JSON document a line\n"
	"      --netns <ns>    interface of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: load eth0 objects/xdp_forward.o && %s eth0 cache on\n";
/* clang-format on */

static const struct config_verb verbs[] = {
	{ "status", CONFIG_READ, 0, 0, forward_status },
	{ "cache", CONFIG_WRITE, 1, 1, forward_cache },
	{ "flush", CONFIG_WRITE, 0, 0, forward_flush },
	{ "list", CONFIG_READ, 0, 0, forward_list },
	{ "exclude", CONFIG_WRITE, 1, -1, forward_exclude },
	{ "include", CONFIG_WRITE, 1, -1, forward_include },
	{},
};

int main(int argc, char **argv)
{
	struct config_options how = {};
	int c, status;

	argv[0] = (char *)cli_name("forward");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		status = config_option(&how, c, "forward", usage);
		if (status >= 0)
			return status;
	}
	return config_run(verbs, &how, "forward", "forward", argv + optind, argc - optind);
}
