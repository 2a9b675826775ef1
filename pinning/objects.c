// SPDX-License-Identifier: GPL-2.0-or-later
/* objects - list the store: what each object is for, what it needs, and who loads it */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/inspect_table.h"

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] [<name>...]\n"
	"List the objects of the store, a row for each, or all about those that are\n"
	"named: programs and maps, the kernel that they need, their builds, and which\n"
	"loaders take which of these. It is read from the ELF files; nothing is loaded.\n"
	"\n"
	"  -j, --json     print JSON, one document for each object\n"
	"  -v, --verbose  also print libbpf's messages\n"
	"  -h, --help     show this help\n"
	"  -V, --version  show the version\n"
	"\n"
	"Example: %s xdp_acl\n";
/* clang-format on */

enum show { SHOW_ROW, SHOW_ALL, SHOW_JSON };

static int show_one(const struct store *store, const struct store_object *object, enum show show)
{
	struct store_builds *builds = malloc(sizeof(*builds));
	int err;

	if (!builds)
		return failed(-ENOMEM, "cannot look at object %s", object->name);
	err = store_inspect(store, object, builds);
	if (show == SHOW_JSON && store_json(builds))
		err = -ENOMEM;
	else if (show == SHOW_ALL)
		store_print(builds);
	else if (show == SHOW_ROW)
		store_print_row(builds);
	store_builds_free(builds);
	free(builds);
	return err;
}

static int show_named(const struct store *store, const char *name, enum show show)
{
	const struct store_object *object = store_find(store, name);

	if (object)
		return show_one(store, object, show);
	rejected(-ENOENT, "cannot find object %s in the store", name);
	hint("list the store: %s; look at a file: %s FILE", cli_command("objects"),
	     cli_command("inspect"));
	return -ENOENT;
}

static int show_all(char **names, int count, bool json)
{
	int done = 0, wanted = count;
	struct store store;

	if (store_open(&store)) {
		store_close(&store);
		return EXIT_KERNEL;
	}
	for (int i = 0; i < count; i++)
		done += !show_named(&store, names[i], json ? SHOW_JSON : SHOW_ALL);
	if (!count && !json)
		store_print_head();
	for (size_t i = 0; !count && i < store.len; i++)
		done += !show_one(&store, &store.objects[i], json ? SHOW_JSON : SHOW_ROW);
	if (!count)
		wanted = (int)store.len;
	store_close(&store);
	return done == wanted ? EXIT_SUCCESS : done ? EXIT_PARTLY : EXIT_KERNEL;
}

int main(int argc, char **argv)
{
	bool json = false, verbose = false;
	int c;

	argv[0] = (char *)cli_name("objects");
	while ((c = getopt_long(argc, argv, "jvhV", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "objects"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("objects " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("objects", NULL);
		}
	}
	log_init("objects", verbose);
	return cli_finish(show_all(argv + optind, argc - optind, json));
}
