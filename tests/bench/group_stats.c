// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the counters of an interface, or of many, once and again and again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/command.h"

#define INTERFACES 100
#define LINE_SIZE  128

struct reader {
	const char *name, *what;
	const char *command, *package;
	const char *line; /* "{}": the interface; once for each of them */
	bool all;         /* or once for all of them */
	bool counts;      /* cost is divided by the lines it prints, which are samples */
};

static const struct reader once[] = {
	{ "bpftool", "bpftool map dump, by the pin", "bpftool", "bpftool",
	  "bpftool map dump pinned /sys/fs/bpf/{}/xdp_stats_map", false, false },
	{ "stats", "ours", NULL, NULL, "stats {}", false, false },
	{ "stats--json", "ours, as JSON", NULL, NULL, "stats --json {}", false, false },
	{ "ip", "ip -s link: the counters of the interface, not of the program", NULL, NULL,
	  "ip -s link show dev {}", false, false },
};

static const struct reader many[] = {
	{ "bpftool", "bpftool map dump, once for each", "bpftool", "bpftool",
	  "bpftool map dump pinned /sys/fs/bpf/{}/xdp_stats_map", false, false },
	{ "stats", "ours, once for all", NULL, NULL, "stats", true, false },
	{ "stats--json", "ours, once for all, as JSON", NULL, NULL, "stats --json", true, false },
};

static const struct reader watch[] = {
	{ "bpftool", "bpftool map dump, started for each sample", "bpftool", "bpftool",
	  "bpftool map dump pinned /sys/fs/bpf/{}/xdp_stats_map", false, false },
	{ "stats--watch", "ours, 100 samples a second", "timeout", "coreutils",
	  "timeout --foreground -k 5 --preserve-status 0.5 stats --watch --json --interval 0.01 {}",
	  false, true },
};

struct reader_run {
	const struct reader *reader;
	unsigned int interfaces;
};

static int read_one(const struct reader_run *run, unsigned int i, struct took *sum)
{
	const char *line = run->reader->line, *mark = strstr(line, "{}");
	unsigned int samples = 1;
	char text[LINE_SIZE];
	struct took took;
	int err;

	if (mark)
		snprintf(text, sizeof(text), "%.*ss%u%s", (int)(mark - line), line, i, mark + 2);
	else
		snprintf(text, sizeof(text), "%s", line);
	err = command_lines(&took, &samples, "%s", text);
	if (!err && !samples)
		err = rejected(-ENODATA, "'%s' printed nothing", text);
	if (!run->reader->counts)
		samples = 1;
	sum->cpu += err ? 0 : took.cpu / samples;
	sum->wall += err ? 0 : took.wall / samples;
	return err;
}

static int round_reader(struct row *row, double values[TABLE_METRICS])
{
	const struct reader_run *run = row->subject;
	struct took sum = {};
	int err = 0;

	for (unsigned int i = 0; !err && i < (run->reader->all ? 1 : run->interfaces); i++)
		err = read_one(run, i, &sum);
	values[0] = sum.cpu * 1e3;
	values[1] = sum.wall * 1e3;
	return err;
}

static int measure(const char *name, const char *title, const struct reader *readers, size_t len,
                   unsigned int interfaces)
{
	struct table *table = table_new(name, title);
	struct reader_run runs[8];

	if (!table)
		return -ENOMEM;
	table_metric(table, (struct metric){ .name = "cpu", .unit = "ms" });
	if (strcmp(name, "stats-watch"))
		table_metric(table, (struct metric){ .name = "wall", .unit = "ms" });
	table_note(table, "CPU time of the process or processes, with their start.");
	for (size_t i = 0; i < len; i++) {
		struct row *row;

		runs[i] = (struct reader_run){ &readers[i], interfaces };
		row = table_row(table, readers[i].name, readers[i].what, round_reader, &runs[i]);
		command_is_there(row, readers[i].command, readers[i].package);
		if (readers[i].command && !strcmp(readers[i].command, "timeout"))
			row->peer = false; /* it only ends ours */
	}
	return table_run(table);
}

/* Each with a program and a map of its own. */
static int make_interfaces(unsigned int count)
{
	return command_run(
		NULL,
		"names=; i=0; while [ $i -lt %u ]; do ip link add s$i type veth peer name "
		"t$i || exit; names=\"$names s$i\"; i=$((i + 1)); done; "
		"load -m skb $names objects/xdp_pass.o",
		count);
}

int group_stats(void)
{
	unsigned int count = bench_size(INTERFACES, 4);
	char title[100];
	int err = make_interfaces(count);

	if (!err)
		err = measure("stats-once", "The counters of one interface, read once", once,
		              sizeof(once) / sizeof(once[0]), 1);
	snprintf(title, sizeof(title), "The counters of %u interfaces, read once", count);
	if (!err)
		err = measure("stats-many", title, many, sizeof(many) / sizeof(many[0]), count);
	if (!err)
		err = measure("stats-watch",
		              "One sample of the counters of one interface, again and again", watch,
		              sizeof(watch) / sizeof(watch[0]), 1);
	for (unsigned int i = 0; i < count; i++)
		command_try("ip link del s%u; rm -rf /sys/fs/bpf/s%u", i, i);
	return err;
}
