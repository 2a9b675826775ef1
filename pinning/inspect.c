// SPDX-License-Identifier: GPL-2.0-or-later
/* inspect - say what is in an object, and what each loader will say of it */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "pinning/inspect.h"
#include "pinning/object.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <object>...\n"
	"Read ELF objects, and say what programs and maps they have, which kernel they\n"
	"need, and whether ip, tc, libbpf, xdp-loader and load take them, and why not.\n"
	"Nothing is loaded.\n"
	"\n"
	"  -j, --json     print JSON, one document for each object\n"
	"  -v, --verbose  also print libbpf's messages\n"
	"  -h, --help     show this help\n"
	"  -V, --version  show the version\n"
	"\n"
	"Example: %s prog.o\n";
/* clang-format on */

static int inspect_one(const char *file, bool json)
{
	struct json_object *document;
	struct inspection in;
	char path[PATH_MAX];
	int err = object_find(file, path);

	if (err)
		return err;
	err = inspect(&in, path);
	if (!err && json) {
		document = json_begin("ifbpf.inspect/1", NULL);
		inspect_json(&in, document);
		err = json_end(document);
	} else if (!err) {
		inspect_print(&in);
	}
	inspect_free(&in);
	return err;
}

static int inspect_all(char **files, int count, bool json)
{
	int done = 0;

	for (int i = 0; i < count; i++)
		done += !inspect_one(files[i], json);
	return done == count ? EXIT_SUCCESS : done ? EXIT_PARTLY : EXIT_KERNEL;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the object" };
	bool json = false, verbose = false;
	int c;

	argv[0] = (char *)cli_name("inspect");
	while ((c = getopt_long(argc, argv, "jvhV", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "inspect"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("inspect " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("inspect", NULL);
		}
	}
	if (cli_expect_words("inspect", argc - optind, argv + optind, 1, -1, words))
		return EXIT_USAGE;
	log_init("inspect", verbose);
	return cli_finish(inspect_all(argv + optind, argc - optind, json));
}
