// SPDX-License-Identifier: GPL-2.0-or-later
/* gc - remove what killed runs and vanished interfaces left in a BPF filesystem */
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "pinning/gc_run.h"
#include "bpffs/json.h"

#define GRACE_S 3600

static const struct option options[] = {
	{ "grace", required_argument, NULL, 'g' }, { "netns", required_argument, NULL, 'N' },
	{ "old", no_argument, NULL, 'o' },         { "stages", no_argument, NULL, 'S' },
	{ "dry-run", no_argument, NULL, 'D' },     { "json", no_argument, NULL, 'j' },
	{ "verbose", no_argument, NULL, 'v' },     { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },     {},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options]\n"
	"Remove what killed runs and vanished interfaces left below /sys/fs/bpf/, where\n"
	"it is proved to be dead and ours. Each decision is printed with its reason.\n"
	"\n"
	"      --grace <seconds>  for how long an interface must be gone (default 3600)\n"
	"      --netns <cookie>   only the directories of this network namespace, and all\n"
	"                         of them if it cannot be found any more\n"
	"      --old              drop the maps that replacements left (NAME%old-ID), and\n"
	"                         with them what they counted\n"
	"      --stages           also remove the stages of killed runs of which nobody\n"
	"                         can tell how they are to end\n"
	"      --dry-run          say what would be removed, change nothing\n"
	"  -j, --json             print JSON\n"
	"  -v, --verbose          also name the directories of interfaces that are there\n"
	"  -h, --help             show this help\n"
	"  -V, --version          show the version\n"
	"\n"
	"Example: %s --dry-run\n";
/* clang-format on */

static void print_text(const struct gc_report *report, bool dry_run)
{
	for (size_t i = 0; i < report->len; i++) {
		const struct gc_decision *decision = &report->list[i];

		printf("%s %s %s: %s\n",
		       dry_run && decision->done == GC_REMOVED ? "would remove"
		                                               : gc_done_name(decision->done),
		       gc_what_name(decision->what), decision->path, decision->why);
	}
}

static void print_json(const struct gc_report *report, bool dry_run, const char *path)
{
	struct json_object *out = json_begin("ifbpf.gc/1", NULL), *list = json_object_new_array();

	json_put_string(out, "path", path);
	json_put_bool(out, "dry_run", dry_run);
	for (int done = GC_REMOVED; done <= GC_FAILED; done++)
		json_put_number(out, gc_done_name(done), gc_report_count(report, done));
	for (size_t i = 0; i < report->len; i++) {
		const struct gc_decision *decision = &report->list[i];
		struct json_object *one = json_object_new_object();

		json_put_string(one, "done", gc_done_name(decision->done));
		json_put_string(one, "what", gc_what_name(decision->what));
		json_put_string(one, "path", decision->path);
		json_put_string(one, "why", decision->why);
		json_object_array_add(list, one);
	}
	json_object_object_add(out, "decisions", list);
	json_end(out);
}

static int collect(const struct gc_options *how, bool json)
{
	struct gc_report report;
	char path[PATH_MAX];
	int status = EXIT_SUCCESS;

	if (gc_collect(how, path, &report))
		status = report.len ? EXIT_PARTLY : EXIT_KERNEL;
	else if (gc_report_count(&report, GC_FAILED))
		status = EXIT_PARTLY;
	if (json && status != EXIT_KERNEL)
		print_json(&report, how->dry_run, path);
	else if (!json)
		print_text(&report, how->dry_run);
	gc_report_free(&report);
	return status;
}

static bool parse_seconds(const char *text, long long *seconds)
{
	__u64 number;
	bool good = number_parse(text, INT_MAX, &number);

	*seconds = good ? (long long)number : 0;
	return good;
}

/* "4476", or where the kernel has no cookies "i" and an inode: a name below %ifbpf/ns/. */
static bool parse_netns(const char *text, const char **netns)
{
	__u64 number;

	*netns = text;
	return number_parse(text + (*text == 'i'), UINT64_MAX, &number) && number;
}

int main(int argc, char **argv)
{
	struct gc_options how = { .grace_s = GRACE_S };
	bool json = false, verbose = false;
	int c;

	argv[0] = (char *)cli_name("gc");
	while ((c = cli_option(argc, argv, "jvhV", options, "")) != -1) {
		switch (c) {
		case 'g':
			if (parse_seconds(optarg, &how.grace_s))
				break;
			return cli_misused("gc", "'%s' is no number of seconds", optarg);
		case 'N':
			if (parse_netns(optarg, &how.netns))
				break;
			return cli_misused("gc", "'%s' is no name below %%ifbpf/ns/", optarg);
		case 'o': how.old = true; break;
		case 'S': how.stages = true; break;
		case 'D': how.dry_run = true; break;
		case 'j': json = true; break;
		case 'v': verbose = true; break;
		case 'h': cli_usage(stdout, usage, "gc"); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("gc " VERSION); return cli_finish(EXIT_SUCCESS);
		default: return cli_misused("gc", NULL);
		}
	}
	if (cli_expect_words("gc", argc - optind, argv + optind, 0, 0, NULL))
		return EXIT_USAGE;
	log_init("gc", verbose);
	return cli_finish_change(collect(&how, json));
}
