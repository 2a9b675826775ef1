// SPDX-License-Identifier: GPL-2.0-or-later
/* unload - take programs off an interface; their maps stay pinned */
#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/hook.h"
#include "bpffs/interface.h"
#include "bpffs/log.h"
#include "pinning/unloader.h"

static const struct option options[] = {
	{ "hook", required_argument, NULL, 'H' },
	{ "id", required_argument, NULL, 'i' },
	{ "prog-name", required_argument, NULL, 'n' },
	{ "section", required_argument, NULL, 's' },
	{ "all", no_argument, NULL, 'a' },
	{ "foreign", no_argument, NULL, 'F' },
	{ "purge", no_argument, NULL, 'p' },
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
	"Usage: unload [options] <ifname>\n"
	"Take a program off an interface. Its maps stay pinned, with their content.\n"
	"\n"
	"      --hook <hook>       xdp, tc_ingress or tc_egress\n"
	"      --id <id>           the program with that id\n"
	"  -n, --prog-name <name>  the program of that name\n"
	"  -s, --section <name>    the program that was loaded from that ELF section\n"
	"  -a, --all               all that fit, rather than one\n"
	"      --foreign           also programs that are not ours\n"
	"      --purge             drop the maps that nothing else here uses\n"
	"      --dry-run           say what would be removed, change nothing\n"
	"  -j, --json              print JSON\n"
	"      --netns <ns>        interface of that network namespace: name, path or pid\n"
	"  -v, --verbose           also print libbpf's messages\n"
	"  -h, --help              show this help\n"
	"  -V, --version           show the version\n"
	"\n"
	"Example: unload eth0 --hook xdp\n";
/* clang-format on */

static void print_text(const struct interface *iface, const struct unload_report *report,
                       const struct unload_options *how)
{
	for (size_t i = 0; i < report->len; i++) {
		const struct unloaded *one = &report->list[i];

		printf("%s %s: program %s id %u %s", iface->name, hook_name(one->at.hook),
		       *one->name ? one->name : "-", one->at.prog_id,
		       how->dry_run ? "would be removed" : "removed");
		if (how->purge)
			printf(", %u pins dropped", one->purged);
		putchar('\n');
	}
}

static void print_json(const struct interface *iface, const struct unload_report *report,
                       const struct unload_options *how)
{
	struct json_object *out = json_object_new_object(), *progs = json_object_new_array();
	char cookie[32];

	snprintf(cookie, sizeof(cookie), "%llu", (unsigned long long)iface->netns.cookie);
	json_object_object_add(out, "schema", json_object_new_string("ifbpf.unload/1"));
	json_object_object_add(out, "ifname", json_object_new_string(iface->name));
	json_object_object_add(out, "ifindex", json_object_new_uint64(iface->ifindex));
	json_object_object_add(out, "netns",
	                       iface->netns.cookie ? json_object_new_string(cookie) : NULL);
	json_object_object_add(out, "dry_run", json_object_new_boolean(how->dry_run));
	for (size_t i = 0; i < report->len; i++) {
		const struct unloaded *one = &report->list[i];
		struct json_object *prog = json_object_new_object();

		json_object_object_add(prog, "hook",
		                       json_object_new_string(hook_name(one->at.hook)));
		json_object_object_add(prog, "name",
		                       *one->name ? json_object_new_string(one->name) : NULL);
		json_object_object_add(prog, "id", json_object_new_uint64(one->at.prog_id));
		json_object_object_add(prog, "by",
		                       json_object_new_string(attach_by_name(one->at.by)));
		json_object_object_add(prog, "pins_dropped", json_object_new_uint64(one->purged));
		json_object_array_add(progs, prog);
	}
	json_object_object_add(out, "programs", progs);
	puts(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN |
	                                                 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(out);
}

static int unload(const char *ifname, const char *netns, const struct unload_options *how,
                  bool json)
{
	struct unload_report report;
	struct interface iface;
	int status = EXIT_KERNEL;

	if (interface_find(&iface, ifname, netns))
		return EXIT_KERNEL;
	if (!unload_programs(&iface, how, &report)) {
		(json ? print_json : print_text)(&iface, &report, how);
		status = EXIT_SUCCESS;
	}
	unload_report_free(&report);
	return status;
}

static bool parse_id(const char *text, __u32 *id)
{
	char *end;

	*id = strtoul(text, &end, 10);
	return *text >= '1' && *text <= '9' && !*end;
}

int main(int argc, char **argv)
{
	struct unload_options how = { .hook = -1 };
	bool json = false, verbose = false, good = true;
	const char *netns = NULL;
	int c;

	while (good && (c = getopt_long(argc, argv, "n:s:ajvhV", options, NULL)) != -1) {
		switch (c) {
		case 'H':
			how.hook = hook_parse(optarg);
			good = how.hook >= 0;
			break;
		case 'i': good = parse_id(optarg, &how.id); break;
		case 'n': how.program = optarg; break;
		case 's': how.section = optarg; break;
		case 'a': how.all = true; break;
		case 'F': how.foreign = true; break;
		case 'p': how.purge = true; break;
		case 'D': how.dry_run = true; break;
		case 'j': json = true; break;
		case 'N': netns = optarg; break;
		case 'v': verbose = true; break;
		case 'h': fputs(usage, stdout); return EXIT_SUCCESS;
		case 'V': puts("unload " VERSION); return EXIT_SUCCESS;
		default: good = false; break;
		}
	}
	if (!good || optind != argc - 1) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_init("unload", verbose);
	return unload(argv[optind], netns, &how, json);
}
