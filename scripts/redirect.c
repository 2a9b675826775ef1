// SPDX-License-Identifier: GPL-2.0-or-later
/* redirect - send what stations of one interface send out of another interface */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/redirect_run.h"

static const struct option options[] = {
	{ "both", no_argument, NULL, 'b' },
	{ "plain", no_argument, NULL, 'p' },
	{ "with-stub", no_argument, NULL, 'S' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname> [<to> [<source=destination>...] | off | list]\n"
	"       %s [options] list\n"
	"Send the frames that stations on one interface send out of another one, to the\n"
	"stations there; without <to>, show what is set. A station is a hardware address,\n"
	"or the IP address of a neighbour; without any, all sources that are known go to\n"
	"the one station behind <to>. Needs the maps of a redirect program.\n"
	"\n"
	"      --both          the other direction as well\n"
	"      --plain         XDP uses bpf_redirect() rather than the devmap tx_port\n"
	"      --with-stub     if the other end of a veth needs a program, load the stub\n"
	"  -j, --json          print one JSON document a line\n"
	"      --netns <ns>    interfaces of that network namespace: name, path or pid\n"
	"  -v, --verbose       also say what cannot be checked, and libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: load eth0 eth1 objects/xdp_redirect.o && %s --both eth0 eth1\n";
/* clang-format on */

/* Options that only make sense when something is switched on. */
static bool has_on_options(const struct redirect_options *how)
{
	return how->both || how->plain || how->with_stub;
}

/* The same command with --with-stub, to be typed; the caller frees it. NULL without memory. */
static char *with_stub(const char *from, const char *to, char **pairs, int len,
                       const struct redirect_options *how)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s --with-stub%s%s", cli_command("redirect"), how->both ? " --both" : "",
	        how->plain ? " --plain" : "");
	if (how->config.netns)
		fprintf(out, " --netns %s", cli_word(how->config.netns));
	fprintf(out, " %s", cli_word(from));
	fprintf(out, " %s", cli_word(to));
	for (int i = 0; i < len; i++)
		fprintf(out, " %s", cli_word(pairs[i]));
	fclose(out);
	return text;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface" };
	struct redirect_options how = {};
	int c, status;

	argv[0] = (char *)cli_name("redirect");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		switch (c) {
		case 'b': how.both = true; break;
		case 'p': how.plain = true; break;
		case 'S': how.with_stub = true; break;
		default:
			status = config_option(&how.config, c, "redirect", usage);
			if (status >= 0)
				return status;
		}
	}
	argc -= optind;
	argv += optind;
	log_init("redirect", how.config.verbose);
	if (argc > 1 && strcmp(argv[1], "off") != 0 && strcmp(argv[1], "list") != 0) {
		how.again = with_stub(argv[0], argv[1], argv + 2, argc - 2, &how);
		status = redirect_on(argv[0], argv[1], argv + 2, argc - 2, &how);
		free(how.again);
		return cli_finish(status);
	}
	if (cli_expect_words("redirect", argc, argv, 1, 2, words))
		return EXIT_USAGE;
	if (has_on_options(&how))
		return cli_misused("redirect", "--both, --plain and --with-stub go with <to>");
	if (argc == 2 && !strcmp(argv[1], "off"))
		return cli_finish(redirect_off(argv[0], &how));
	return argc == 1 && !strcmp(argv[0], "list") ? redirect_list(&how)
	                                             : redirect_show(argv[0], &how);
}
