// SPDX-License-Identifier: GPL-2.0-or-later
/* iproute2_env - make stock ip and tc pin, and find, maps in an interface's directory */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/claim.h"
#include "bpffs/interface.h"
#include "bpffs/kept.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/query.h"
#include "bpffs/skeleton.h"
#include "bpffs/stage.h"
#include "bpffs/turn.h"
#include "pinning/carry.h"

static const struct option options[] = {
	{ "egress", no_argument, NULL, 'e' },  { "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' }, {},
};

/* clang-format off */
static const char usage[] =
	"Usage: eval \"$(%s [options] <ifname>)\"\n"
	"Make ip and tc pin the maps of their objects in the interface's directory,\n"
	"and use those that are there. For objects with pinning (objects/pinned/).\n"
	"\n"
	"  -e, --egress      for programs on egress, whose statistics are their own\n"
	"      --netns <ns>  interface of that network namespace: name, path or pid\n"
	"  -v, --verbose     also print libbpf's messages\n"
	"  -h, --help        show this help\n"
	"  -V, --version     show the version\n"
	"\n"
	"Example: eval \"$(%s eth0)\"; ip link set eth0 xdp obj OBJ sec xdp\n";
/* clang-format on */

/* iproute2 would pin below a real directory of that name, where nobody looks. */
static int check_links(const struct directory *dir)
{
	const char *obstacle = skeleton_obstacle(dir->fd);

	if (!obstacle)
		return 0;
	rejected(-EEXIST, "cannot lead ip and tc to %s: %s/%s is in the way", dir->path, dir->path,
	         obstacle);
	hint("see what is in it, then move it away: rm -r '%s/%s'", dir->path, obstacle);
	return -EEXIST;
}

/* Claim the directory and complete it; what it says of hooks stays as it is. */
static int prepare(struct bpffs *fs, const struct interface *iface, struct directory *dir)
{
	struct attachments attached;
	struct stage stage;
	struct record rec;
	int err;

	err = attachments_query(&attached, iface);
	if (err)
		return err;
	err = turn_take(fs, iface);
	if (!err)
		err = carry_recover(fs, iface);
	if (!err)
		err = stage_begin(&stage, fs, iface->name, "iproute2_env");
	if (err)
		goto out;
	err = claim_directory(dir, fs, iface, &attached, &stage, &(struct claim){});
	if (!err) {
		record_init(&rec, iface);
		if (dir->has_record) {
			rec = dir->record;
			rec.iface = *iface;
		}
		err = kept_note_loaders(&rec);
		if (err)
			failed(err, "cannot write the record of %s", dir->path);
		else
			err = stage_publish(&stage, dir, &rec);
		if (!err)
			err = check_links(dir);
		directory_close(dir);
	}
	stage_end(&stage);
out:
	attachments_free(&attached);
	return err;
}

/* One word for the shell, whatever is in it. */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static int print_env(const char *ifname, const char *netns, bool egress)
{
	struct interface iface;
	struct directory dir;
	struct bpffs fs;
	int err;

	if (interface_find(&iface, ifname, netns) || bpffs_open(&fs, BPFFS_WRITE))
		return EXIT_KERNEL;
	err = prepare(&fs, &iface, &dir);
	bpffs_close(&fs);
	if (err)
		return EXIT_KERNEL;
	if (egress)
		strncat(dir.path, "/" DIRECTORY_EGRESS, sizeof(dir.path) - strlen(dir.path) - 1);
	fputs("export TC_BPF_MNT=", stdout);
	print_quoted(dir.path);
	puts(";");
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface" };
	bool egress = false, verbose = false;
	const char *netns = NULL;
	int c;

	argv[0] = (char *)cli_name("iproute2_env");
	while ((c = getopt_long(argc, argv, "evhV", options, NULL)) != -1) {
		switch (c) {
		case 'e': egress = true; break;
		case 'N': netns = optarg; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "iproute2_env"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("iproute2_env " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("iproute2_env", NULL);
		}
	}
	if (cli_expect_words("iproute2_env", argc - optind, argv + optind, 1, 1, words))
		return EXIT_USAGE;
	log_init("iproute2_env", verbose);
	return cli_finish(print_env(argv[optind], netns, egress));
}
