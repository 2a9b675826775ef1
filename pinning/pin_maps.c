// SPDX-License-Identifier: GPL-2.0-or-later
/* pin_maps - pin the maps of what runs on an interface under <bpffs>/<ifname>/ */
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "bpffs/interface.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/adopt.h"
#include "pinning/carry_print.h"
#include "pinning/old_pin.h"
#include "bpffs/json.h"

static const struct option options[] = {
	{ "carry", no_argument, NULL, 'C' },       { "class", required_argument, NULL, 'c' },
	{ "dry-run", no_argument, NULL, 'D' },     { "foreign", no_argument, NULL, 'F' },
	{ "fresh", no_argument, NULL, 'R' },       { "group", required_argument, NULL, 'g' },
	{ "no-group", no_argument, NULL, 'G' },    { "json", no_argument, NULL, 'j' },
	{ "netns", required_argument, NULL, 'N' }, { "object", required_argument, NULL, 'o' },
	{ "verbose", no_argument, NULL, 'v' },     { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },     {},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname>...\n"
	"Pin the maps of the programs that run on interfaces.\n"
	"\n"
	"      --carry              merge replaced maps into those in their places\n"
	"      --class <map=class>  --carry, and that map as config, counter or flow\n"
	"      --dry-run            say what would be pinned, change nothing\n"
	"      --foreign            pin also maps that others keep pinned\n"
	"      --fresh              drop the maps of an interface that is gone\n"
	"  -g, --group <group>      let this group read the maps (name or number)\n"
	"      --no-group           take that back\n"
	"  -j, --json               print JSON\n"
	"      --netns <ns>         interface of that netns: name, path or pid\n"
	"      --object <object>    names for the maps of a loader that gave them none\n"
	"  -v, --verbose            also print libbpf's messages\n"
	"  -h, --help               show this help\n"
	"  -V, --version            show the version\n"
	"\n"
	"Example: ip link set dev eth0 xdp obj xdp_pass.o sec xdp && %s eth0\n";
/* clang-format on */

static const char *type_name(const struct plan_map *map)
{
	const char *name = libbpf_bpf_map_type_str(map->info.type);

	return name ? name : "unknown";
}

static void print_map(const struct plan_map *map, const struct carry *carry, bool dry_run)
{
	char old[PATH_MAX * 2] = "";
	int err;

	printf("%-8s %-10s %-16s id %u  %s  key %u B  value %u B  entries %u  program %s id %u",
	       plan_state_name(map->state), hook_name(map->hook), *map->name ? map->name : "-",
	       map->info.id, type_name(map), map->info.key_size, map->info.value_size,
	       map->info.max_entries, *map->prog_name ? map->prog_name : "-", map->prog_id);
	switch (map->state) {
	case PLAN_REPLACED:
		if (carry_is_complete(carry, map->old_id))
			break;
		err = old_pin_of(map, old, sizeof(old));
		if (!err || (err == -ENOENT && dry_run))
			printf("  (map %u stays as %s)", map->old_id, old);
		break;
	case PLAN_FOREIGN: printf("  (others keep it at %s)", map->path); break;
	case PLAN_REFUSED:
		printf("  (%s", map->why);
		if (map->beside)
			printf("; it %s as %%old-%u", dry_run ? "would be pinned" : "is pinned",
			       map->info.id);
		putchar(')');
		break;
	default: break;
	}
	if (*map->shared)
		printf("  (shared with %s)", map->shared);
	putchar('\n');
}

static void print_text(const struct interface *iface, const struct adopt_report *report,
                       bool dry_run)
{
	size_t published = 0, foreign = 0;

	for (size_t i = 0; i < report->plan.len; i++) {
		print_map(&report->plan.maps[i], &report->carry, dry_run);
		published += plan_publishes(&report->plan.maps[i]);
		foreign += report->plan.maps[i].state == PLAN_FOREIGN;
	}
	carry_print(&report->carry, report->path, dry_run);
	printf("%s: %zu of %zu maps %s %s", cli_text(iface->name), published, report->plan.len,
	       dry_run ? "would be in" : "in", report->path);
	if (report->plan.internal)
		printf(", %u internal skipped", report->plan.internal);
	putchar('\n');
	if (foreign)
		hint("others keep %zu of them pinned; --foreign pins those here as well", foreign);
}

static struct json_object *map_json(const struct plan_map *map, const struct carry *carry)
{
	struct json_object *out = json_object_new_object(), *prog = json_object_new_object();
	bool stays = map->state == PLAN_REPLACED && !carry_is_complete(carry, map->old_id);

	json_put_string(out, "state", plan_state_name(map->state));
	json_put_string(out, "hook", hook_name(map->hook));
	json_put_string(out, "name", map->name);
	json_put_number(out, "id", map->info.id);
	json_put_string(out, "type", type_name(map));
	json_put_number(out, "key_size", map->info.key_size);
	json_put_number(out, "value_size", map->info.value_size);
	json_put_number(out, "max_entries", map->info.max_entries);
	json_put_string(prog, "name", map->prog_name);
	json_put_number(prog, "id", map->prog_id);
	json_object_object_add(out, "program", prog);
	json_put_string(out, "path", map->state == PLAN_REFUSED ? NULL : map->path);
	json_put_id(out, "old_id", stays ? map->old_id : 0);
	json_put_string(out, "shared_with", map->shared);
	json_put_string(out, "reason", map->why);
	return out;
}

static void print_json(const struct interface *iface, const struct adopt_report *report,
                       bool dry_run)
{
	struct json_object *out = json_begin("ifbpf.pin/1", iface), *maps = json_object_new_array();

	json_put_string(out, "path", report->path);
	json_put_number(out, "gen", report->gen);
	json_put_bool(out, "dry_run", dry_run);
	for (size_t i = 0; i < report->plan.len; i++)
		json_object_array_add(maps, map_json(&report->plan.maps[i], &report->carry));
	json_object_object_add(out, "maps", maps);
	json_put_number(out, "internal_skipped", report->plan.internal);
	json_object_object_add(out, "carried", carry_json(&report->carry, dry_run));
	json_end(out);
}

static bool is_partly(const struct adopt_report *report, bool dry_run)
{
	return report->plan.refused || report->unfinished || report->left_out ||
	       carry_is_partly(&report->carry, dry_run);
}

static void tell_left_out(const struct interface *iface, const struct adopt_report *report)
{
	note("%zu programs on %s are not adopted: the record of %s holds no more", report->left_out,
	     iface->name, report->path);
	hint("load and unload leave those alone; to remove one all the same: %s --foreign --id ID "
	     "%s",
	     cli_command("unload"), cli_word(iface->name));
}

static int pin_maps(const char *ifname, const struct adopt_options *how, bool json)
{
	struct adopt_report report;
	struct interface iface;
	int status;

	if (interface_find(&iface, ifname, NULL))
		return EXIT_KERNEL;
	if (adopt_maps(&iface, how, &report)) {
		status = report.misused ? EXIT_USAGE : EXIT_KERNEL;
	} else {
		(json ? print_json : print_text)(&iface, &report, how->dry_run);
		if (report.left_out)
			tell_left_out(&iface, &report);
		status = is_partly(&report, how->dry_run) ? EXIT_PARTLY : EXIT_SUCCESS;
	}
	adopt_report_free(&report);
	return status;
}

/* One after the other; what fails on one does not stop the others. */
static int pin_all(char **ifnames, int count, const struct adopt_options *how, bool json)
{
	int done = 0, partly = 0, status = EXIT_KERNEL;

	for (int i = 0; i < count; i++) {
		status = pin_maps(ifnames[i], how, json);
		if (status == EXIT_USAGE)
			return status;
		done += status != EXIT_KERNEL;
		partly += status == EXIT_PARTLY;
		fflush(stdout);
	}
	if (!done)
		return EXIT_KERNEL;
	return done == count && !partly ? EXIT_SUCCESS : EXIT_PARTLY;
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface" };
	const char *classes[CARRY_CLASSES_MAX + 1] = {};
	struct adopt_options how = { .classes = classes };
	bool json = false, verbose = false, good = true, empty = false, ungroup = false;
	const char *netns = NULL;
	int c;

	argv[0] = (char *)cli_name("pin_maps");
	while (good && (c = cli_option(argc, argv, "g:jvhV", options, "c")) != -1) {
		switch (c) {
		case 'C': how.carry = true; break;
		case 'c':
			how.carry = true;
			good = carry_parse_class("pin_maps", optarg, classes);
			break;
		case 'D': how.dry_run = true; break;
		case 'F': how.foreign = true; break;
		case 'R': how.fresh = true; break;
		case 'g':
			how.group = optarg;
			empty |= !*optarg;
			break;
		case 'G': ungroup = true; break;
		case 'j': json = true; break;
		case 'N': netns = optarg; break;
		case 'o': how.object = optarg; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "pin_maps"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("pin_maps " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("pin_maps", NULL);
		}
	}
	if (!good)
		return EXIT_USAGE;
	if (empty)
		return cli_misused("pin_maps", "the group is empty");
	if (ungroup && how.group)
		return cli_misused("pin_maps", "--group and --no-group contradict each other");
	if (ungroup)
		how.group = "";
	if (cli_expect_words("pin_maps", argc - optind, argv + optind, 1, -1, words))
		return EXIT_USAGE;
	log_init("pin_maps", verbose);
	/* What is said of the first interface, and read by nobody, does not keep off the others. */
	if (!how.dry_run && argc - optind > 1)
		cli_outlive_readers();
	if (netns && netns_enter(netns))
		return cli_finish(EXIT_KERNEL);
	return cli_finish_change(pin_all(argv + optind, argc - optind, &how, json));
}
