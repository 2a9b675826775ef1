// SPDX-License-Identifier: GPL-2.0-or-later
/* unload - take programs off an interface; their maps stay pinned */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/cli.h"
#include "bpffs/hook.h"
#include "bpffs/interface.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "bpffs/json.h"
#include "pinning/unload_prepared.h"
#include "pinning/unloader.h"

/* So many --map options can be given. */
#define MAPS_MAX 64

static const struct option options[] = {
	{ "hook", required_argument, NULL, 'H' },
	{ "id", required_argument, NULL, 'i' },
	{ "prog-name", required_argument, NULL, 'n' },
	{ "section", required_argument, NULL, 's' },
	{ "all", no_argument, NULL, 'a' },
	{ "foreign", no_argument, NULL, 'F' },
	{ "purge", no_argument, NULL, 'p' },
	{ "prepared", no_argument, NULL, 'P' },
	{ "map", required_argument, NULL, 'm' },
	{ "dry-run", no_argument, NULL, 'D' },
	{ "json", no_argument, NULL, 'j' },
	{ "netns", required_argument, NULL, 'N' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname>\n"
	"Take a program off an interface. Its maps stay pinned, with their content.\n"
	"\n"
	"      --hook <hook>       xdp, tc_ingress or tc_egress\n"
	"      --id <id>           the program with that id\n"
	"  -n, --prog-name <name>  the program of that name\n"
	"  -s, --section <name>    the program that was loaded from that ELF section\n"
	"  -a, --all               all that fit, rather than one\n"
	"      --foreign           also programs that are not ours\n"
	"      --purge             drop the maps that nothing else here uses\n"
	"      --prepared          one of load --no-attach that is attached nowhere\n"
	"      --map <id>          with --prepared: drop that map as well, unless in use\n"
	"      --dry-run           say what would be removed, change nothing\n"
	"  -j, --json              print JSON\n"
	"      --netns <ns>        interface of that network namespace: name, path or pid\n"
	"  -v, --verbose           also print libbpf's messages\n"
	"  -h, --help              show this help\n"
	"  -V, --version           show the version\n"
	"\n"
	"Example: %s eth0 --hook xdp\n";
/* clang-format on */

static void print_text(const struct interface *iface, const struct unload_report *report,
                       const struct unload_options *how)
{
	if (report->only_pins)
		printf("%s: nothing %sis attached, %u pin%s %sdropped\n", cli_text(iface->name),
		       report->foreign ? "of ours " : "", report->purged,
		       report->purged == 1 ? "" : "s", how->dry_run ? "would be " : "");
	for (size_t i = 0; i < report->len; i++) {
		const struct unloaded *one = &report->list[i];

		if (!one->done)
			continue;
		printf("%s %s: program %s id %u %s", cli_text(iface->name), hook_name(one->at.hook),
		       *one->name ? one->name : "-", one->at.prog_id,
		       how->dry_run ? "would be removed" : "removed");
		if (how->purge || one->purged)
			printf(", %u pin%s %sdropped", one->purged, one->purged == 1 ? "" : "s",
			       how->dry_run ? "would be " : "");
		putchar('\n');
	}
}

static struct json_object *prog_json(const struct unloaded *one, bool prepared)
{
	struct json_object *prog = json_object_new_object();
	const struct attachment *at = &one->at;

	json_put_string(prog, "hook", hook_name(at->hook));
	json_put_string(prog, "name", one->name);
	json_put_number(prog, "id", at->prog_id);
	json_put_string(prog, "by", prepared ? NULL : attach_by_name(at->by));
	json_put_string(prog, "mode", at->mode ? xdp_mode_name(at->mode) : NULL);
	json_put_id(prog, "link_id", at->link_id);
	json_put_bool(prog, "ours", one->ours);
	json_put_number(prog, "pins_dropped", one->purged);
	return prog;
}

static void print_json(const struct interface *iface, const struct unload_report *report,
                       const struct unload_options *how)
{
	struct json_object *out = json_begin("ifbpf.unload/1", iface);
	struct json_object *progs = json_object_new_array();

	json_put_bool(out, "dry_run", how->dry_run);
	for (size_t i = 0; i < report->len; i++)
		if (report->list[i].done)
			json_object_array_add(progs, prog_json(&report->list[i], how->prepared));
	json_object_object_add(out, "programs", progs);
	if (report->only_pins)
		json_put_number(out, "pins_dropped", report->purged);
	json_end(out);
}

static int unload(const char *ifname, const char *netns, const struct unload_options *how,
                  bool json)
{
	struct unload_report report;
	struct interface iface;
	size_t done = 0, begun = 0;
	int err;

	if (interface_find(&iface, ifname, netns))
		return EXIT_KERNEL;
	err = how->prepared ? unload_prepared(&iface, how, &report)
	                    : unload_programs(&iface, how, &report);
	for (size_t i = 0; i < report.len; i++) {
		done += report.list[i].done;
		begun += report.list[i].begun;
	}
	if (done || (!err && report.only_pins))
		(json ? print_json : print_text)(&iface, &report, how);
	unload_report_free(&report);
	if (err)
		return done || begun ? EXIT_PARTLY : EXIT_KERNEL;
	return EXIT_SUCCESS;
}

static bool parse_id(const char *text, __u32 *id)
{
	__u64 number;
	bool good = number_parse(text, UINT32_MAX, &number) && number;

	*id = good ? (__u32)number : 0;
	return good;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface" };
	struct unload_options how = { .hook = -1 };
	bool json = false, verbose = false;
	const char *netns = NULL;
	__u32 maps[MAPS_MAX];
	int c;

	how.maps = maps;
	argv[0] = (char *)cli_name("unload");
	while ((c = cli_option(argc, argv, "n:s:ajvhV", options, "m")) != -1) {
		switch (c) {
		case 'H':
			how.hook = hook_parse(optarg);
			if (how.hook >= 0)
				break;
			return cli_misused("unload",
			                   "no such hook '%s'; there is xdp, tc_ingress, tc_egress",
			                   optarg);
		case 'i':
			if (parse_id(optarg, &how.id))
				break;
			return cli_misused("unload", "'%s' is no program id", optarg);
		case 'n': how.program = optarg; break;
		case 's': how.section = optarg; break;
		case 'a': how.all = true; break;
		case 'F': how.foreign = true; break;
		case 'p': how.purge = true; break;
		case 'P': how.prepared = true; break;
		case 'm':
			if (how.maps_len == MAPS_MAX)
				return cli_misused("unload", "more than %d times --map", MAPS_MAX);
			if (parse_id(optarg, &maps[how.maps_len++]))
				break;
			return cli_misused("unload", "'%s' is no map id", optarg);
		case 'D': how.dry_run = true; break;
		case 'j': json = true; break;
		case 'N':
			netns = optarg;
			cli_netns(netns);
			break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "unload"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("unload " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("unload", NULL);
		}
	}
	/* What was never attached has no section noted for it, and cannot be another's. */
	if (how.prepared && (how.section || how.foreign || how.purge))
		return cli_misused("unload",
		                   "--prepared goes with neither --section, --foreign nor --purge");
	if (!how.prepared && how.maps_len)
		return cli_misused("unload", "--map goes with --prepared");
	if (cli_expect_words("unload", argc - optind, argv + optind, 1, 1, words))
		return EXIT_USAGE;
	log_init("unload", verbose);
	return cli_finish_change(unload(argv[optind], netns, &how, json));
}
