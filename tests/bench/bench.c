// SPDX-License-Identifier: GPL-2.0-or-later
/* bench - what each hook and each tool costs here, against what one would use instead */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/docs.h"
#include "tests/bench/guardian.h"
#include "tests/bench/print.h"
#include "tests/bench/targets.h"
#include "tests/bench/usage.h"

/* At most 15 minutes on an idle machine. Behind the first of these a table has three rounds and no
 * more, behind the second a single one.
 */
#define FULL_SECONDS  830
#define FULL_END      870
#define QUICK_SECONDS 90
#define QUICK_END     110

static const struct group groups[] = {
	{ "packet", "each program on one packet, XDP and tc", group_packet },
	{ "blocklist", "lists of 1,000 to 1,000,000 addresses; for time, of IPv6 none of 100,000",
	  group_blocklist },
	{ "frames", "real frames over a veth, dropped and forwarded", group_frames },
	{ "hooks", "tc against XDP: the same jobs on both", group_hooks },
	{ "loading", "putting a program on 1, 10 and 100 interfaces", group_loading },
	{ "replace", "changing the program under full rate", group_replace },
	{ "bulk", "filling and dumping big maps", group_bulk },
	{ "stats", "reading counters, once and again and again", group_stats },
	{ "memory", "what lists take from the system; for time, of IPv6 one of 1,000,000 alone",
	  group_memory },
};
static const size_t groups_len = sizeof(groups) / sizeof(groups[0]);

static const struct option options[] = {
	/* clang-format off */
	{ "quick", no_argument, NULL, 'q' },
	{ "docs", required_argument, NULL, 'd' },
	{ "list", no_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{},
	/* clang-format on */
};

/* clang-format off */
static const char usage[] =
	"Usage: tests/bench/run.sh [options] [<group>...]\n"
	"Measure what each hook and each tool costs on this machine, against its peers,\n"
	"in private namespaces: all groups, or those that are named.\n"
	"\n"
	"  -q, --quick       whether it works, not how fast it is: at most 2 minutes, and\n"
	"                    15 without, if the machine is idle otherwise\n"
	"      --docs <dir>  write DIR/BENCH.md, and plots in DIR/bench/ by gnuplot; one\n"
	"                    that has more groups, or is of a full run if this is\n"
	"                    quick, is not replaced\n"
	"  -l, --list        list the groups\n"
	"  -j, --json        print one JSON document\n"
	"  -v, --verbose     also print libbpf's messages\n"
	"  -h, --help        show this help\n"
	"  -V, --version     show the version\n"
	"\n"
	"Example: sudo tests/bench/run.sh --quick packet hooks\n";
/* clang-format on */

static int list_groups(void)
{
	for (size_t i = 0; i < groups_len; i++)
		printf("%-10s %s\n", groups[i].name, groups[i].what);
	return cli_finish(EXIT_SUCCESS);
}

static const struct group *find_group(const char *name)
{
	for (size_t i = 0; i < groups_len; i++)
		if (!strcmp(groups[i].name, name))
			return &groups[i];
	return NULL;
}

/* Those named, or all; an unknown name before anything is measured. */
static int check_names(char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (!find_group(names[i])) {
			fprintf(stderr, "bench: there is no group '%s'\n  hint: --list\n",
			        names[i]);
			return -EINVAL;
		}
	return 0;
}

static bool is_wanted(const struct group *group, char **names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(group->name, names[i]))
			return true;
	return n == 0;
}

static void list_wanted(char **names, int n)
{
	size_t len = 0;

	bench.all_groups = true;
	for (size_t i = 0; i < groups_len; i++) {
		if (!is_wanted(&groups[i], names, n))
			bench.all_groups = false;
		else if (len < sizeof(bench.groups))
			len += (size_t)snprintf(bench.groups + len, sizeof(bench.groups) - len,
			                        "%s%s", len ? " " : "", groups[i].name);
	}
}

static void set_size(bool quick)
{
	bench.quick = quick;
	bench.started = bench.set_up_since = now_seconds();
	bench.deadline = bench.started + (quick ? QUICK_SECONDS : FULL_SECONDS);
	bench.end = bench.started + (quick ? QUICK_END : FULL_END);
	if (quick) {
		bench.round_ms = 2;
		bench.rounds = 3;
		bench.table_seconds = 10;
	}
}

/* Before the run: what is seen in it and after it is our own work as well. */
static void look_at_load(void)
{
	getloadavg(bench.loads, 3);
	bench.others = cpu_usage_at_rest(bench.quick ? 0.2 : 1);
}

/* In what is written as well: a table that failed looks like one that has less to say. */
static void tell_incomplete(const char *group, const char *row, const char *why)
{
	size_t len = strlen(bench.incomplete);

	snprintf(bench.incomplete + len, sizeof(bench.incomplete) - len, "%s%s, because: %s%s%s",
	         len ? "; " : "", group, row ? row : "", row ? " " : "", why);
}

/* Returns 0 if all of its tables and their rows are measured, or say why they need not be. */
static int run_group(const struct group *group)
{
	size_t first = bench.tables_len;
	int err = group->run();
	struct table *table = bench.tables_len > first ? bench.tables[bench.tables_len - 1] : NULL;

	if (err && table && !table->measured && !table->failed[0])
		snprintf(table->failed, sizeof(table->failed), "%s", log_last_failure());
	if (err)
		tell_incomplete(group->name, NULL,
		                table && table->failed[0] ? table->failed : log_last_failure());
	for (size_t i = first; i < bench.tables_len; i++) {
		const struct row *row = table_failed_row(bench.tables[i]);

		if (row && !err)
			tell_incomplete(group->name, row->name, row->missing);
		if (row)
			err = -EIO;
	}
	if (err)
		note("group %s is not complete", group->name);
	return err;
}

/* Returns the exit status. */
static int print_results(bool json, const char *docs)
{
	int undone = 0, status;

	bench.seconds = now_seconds() - bench.started;
	targets_judge();
	if (docs)
		undone = docs_write();
	status = undone < 0 ? EXIT_KERNEL : undone ? EXIT_PARTLY : EXIT_SUCCESS;
	if (json)
		return print_json() ? EXIT_KERNEL : status;
	print_machine();
	for (size_t i = 0; i < bench.tables_len; i++)
		print_table(bench.tables[i]);
	print_targets();
	return status;
}

int main(int argc, char **argv)
{
	bool quick = false, json = false, verbose = false;
	const char *docs = NULL;
	int c, err, status = EXIT_SUCCESS, printed;

	log_init("bench", false);
	while ((c = getopt_long(argc, argv, "qljvhV", options, NULL)) != -1) {
		switch (c) {
		case 'q': quick = true; break;
		case 'd': docs = optarg; break;
		case 'l': return list_groups();
		case 'j': json = true; break;
		case 'v': verbose = true; break;
		case 'h': fputs(usage, stdout); return cli_finish(EXIT_SUCCESS);
		case 'V': puts("bench " VERSION); return cli_finish(EXIT_SUCCESS);
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (check_names(argv + optind, argc - optind))
		return EXIT_USAGE;
	log_init("bench", verbose);
	setenv("LIBXDP_SKIP_DISPATCHER", "1",
	       1); /* what peers do without it is the least they can */
	set_size(quick);
	list_wanted(argv + optind, argc - optind);
	if (targets_read())
		return EXIT_KERNEL;
	err = docs ? docs_open(docs) : 0;
	if (err)
		return err == -EXDEV || err == -EEXIST || err == -EINVAL ? EXIT_USAGE : EXIT_KERNEL;
	look_at_load();
	for (size_t i = 0; i < groups_len; i++) {
		if (!is_wanted(&groups[i], argv + optind, argc - optind))
			continue;
		if (run_group(&groups[i]))
			status = EXIT_PARTLY;
	}
	printed = print_results(json, docs);
	/* Before stderr, which may be the same file, and what else would say why it fails. */
	status = cli_finish(printed ? printed : status);
	note("done in %.0f seconds", now_seconds() - bench.started);
	for (size_t i = 0; i < bench.tables_len; i++)
		table_free(bench.tables[i]);
	targets_free();
	guardian_end_orphans();
	return status;
}
