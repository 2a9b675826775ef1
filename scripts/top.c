// SPDX-License-Identifier: GPL-2.0-or-later
/* top - show the busiest sources that a parse program saw on an interface */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/config_use.h"
#include "scripts/stats_ticker.h"
#include "scripts/top_print.h"
#include "scripts/top_sample.h"
#include "scripts/top_screen.h"

#define INTERVAL_NS 1000000000ULL
#define COUNT       10

static const struct option options[] = {
	{ "sort", required_argument, NULL, 'S' },
	{ "count", required_argument, NULL, 'n' },
	{ "watch", no_argument, NULL, 'w' },
	{ "interval", required_argument, NULL, 'i' },
	CONFIG_OPTIONS,
	{},
};

/* clang-format off */
static const char usage[] =
	"Usage: %s [options] <ifname>\n"
	"Show the busiest sources of an interface on which xdp_parse or tc_parse runs,\n"
	"and what it counted by protocol, from its pinned maps.\n"
	"\n"
	"      --sort <order>  packets, bytes or rate (packets per second); default\n"
	"                      packets, with --watch rate\n"
	"  -n, --count <n>     so many sources, 0: all; default 10, or a screenful\n"
	"  -w, --watch         again and again: a full screen on a terminal, else text\n"
	"  -i, --interval <s>  seconds between two readings, such as 0.5; default 1\n"
	"  -j, --json          print one JSON document a line\n"
	"      --netns <ns>    interface of that network namespace: name, path or pid\n"
	"  -v, --verbose       also print libbpf's messages\n"
	"  -h, --help          show this help\n"
	"  -V, --version       show the version\n"
	"\n"
	"Example: load eth0 xdp_parse.o && %s --watch eth0\n";
/* clang-format on */

struct top {
	struct config config;
	struct config_options common;
	enum top_sort by;
	bool watch, has_sort, has_count;
	size_t count;
	__u64 interval_ns;
};

static int misused(const char *what, const char *text, const char *advice)
{
	log_line(stderr, "top: %s: '%s'", what, text);
	hint("%s", advice);
	return EXIT_USAGE;
}

/* Each returns -1 if it took the value, or EXIT_USAGE. */
static int parse_sort(struct top *top, const char *text)
{
	static const char *const orders[] = {
		[TOP_PACKETS] = "packets",
		[TOP_BYTES] = "bytes",
		[TOP_RATE] = "rate",
	};

	for (top->by = TOP_PACKETS; top->by <= TOP_RATE; top->by++) {
		if (strcmp(text, orders[top->by]) != 0)
			continue;
		top->has_sort = true;
		return -1;
	}
	return misused("no order", text, "give packets, bytes or rate: --sort bytes");
}

static int parse_count(struct top *top, const char *text)
{
	__u64 count;

	if (!number_parse(text, ULONG_MAX, &count))
		return misused("no number", text, "give a number of sources: --count 20");
	top->count = count;
	top->has_count = true;
	return -1;
}

static int print(const struct top *top, struct top_sample *sample)
{
	int err = 0;

	top_sort(sample, top->by);
	if (top->common.json)
		err = top_print_json(&top->config, sample, top->count);
	else
		top_print(&top->config, sample, top->count);
	return err ? EXIT_KERNEL : cli_finish(EXIT_SUCCESS);
}

/* A rate takes two readings. */
static int run_once(struct top *top)
{
	struct top_sample first = {}, sample = {};
	struct ticker ticker;
	int status = EXIT_KERNEL, err = 0;

	if (top->by == TOP_RATE) {
		ticker_begin(&ticker, top->interval_ns);
		err = top_take(&first, &top->config, NULL);
		if (!err && !ticker_wait(&ticker))
			err = -EINTR;
	}
	if (!err)
		err = top_take(&sample, &top->config, top->by == TOP_RATE ? &first : NULL);
	if (!err)
		status = print(top, &sample);
	top_free(&first);
	top_free(&sample);
	return status;
}

static int watch_lines(struct top *top, struct ticker *ticker)
{
	struct top_sample samples[2] = {}, *now = &samples[0], *last = NULL;
	int status = EXIT_KERNEL;

	do {
		now = last == &samples[0] ? &samples[1] : &samples[0];
		top_free(now);
		if (top_take(now, &top->config, last)) {
			status = EXIT_KERNEL;
			break;
		}
		if (last && !top->common.json)
			putchar('\n');
		ticker_allow_signals(ticker, true);
		status = print(top, now);
		ticker_allow_signals(ticker, false);
		last = now;
	} while (status == EXIT_SUCCESS && ticker_wait(ticker));
	top_free(&samples[0]);
	top_free(&samples[1]);
	return ticker_stopped() ? EXIT_SUCCESS : status;
}

static int watch_screen(struct top *top, struct ticker *ticker)
{
	struct top_sample samples[2] = {}, *now, *last = NULL;
	enum ticker_event event = TICKER_TICK;
	int status = EXIT_SUCCESS;

	config_use_silence(&top->config); /* the screen says it */
	for (;;) {
		now = last == &samples[0] ? &samples[1] : &samples[0];
		if (event == TICKER_TICK) {
			top_free(now);
			if (top_take(now, &top->config, last)) {
				status = EXIT_KERNEL;
				break;
			}
			last = now;
		}
		top_sort(last, top->by);
		screen_draw(&top->config, last, top->by, top->has_count ? top->count : 0);
		event = ticker_wait_input(ticker, STDIN_FILENO);
		if (event == TICKER_STOPPED || (event == TICKER_INPUT && !screen_keys(&top->by)))
			break;
	}
	top_free(&samples[0]);
	top_free(&samples[1]);
	screen_close();
	/* What was said meanwhile went away with the screen. */
	if (status != EXIT_SUCCESS && !top_take(&samples[0], &top->config, NULL))
		note("the maps of %s could not be read for a moment", top->config.iface.name);
	top_free(&samples[0]);
	return status;
}

static int run(struct top *top)
{
	struct ticker ticker;

	if (!top->watch)
		return run_once(top);
	ticker_begin(&ticker, top->interval_ns);
	if (!top->common.json && screen_open())
		return watch_screen(top, &ticker);
	return watch_lines(top, &ticker);
}

int main(int argc, char **argv)
{
	static const char *const words[] = { "the interface" };
	struct top top = { .interval_ns = INTERVAL_NS, .count = COUNT };
	int c, status;

	argv[0] = (char *)cli_name("top");
	while ((c = cli_option(argc, argv, "n:wi:jvhV", options, "")) != -1) {
		status = -1;
		switch (c) {
		case 'S': status = parse_sort(&top, optarg); break;
		case 'n': status = parse_count(&top, optarg); break;
		case 'w': top.watch = true; break;
		case 'i':
			if (ticker_parse(optarg, &top.interval_ns))
				status = misused("no interval", optarg,
				                 "give seconds, at least 0.001: --interval 0.5");
			break;
		default: status = config_option(&top.common, c, "top", usage); break;
		}
		if (status >= 0)
			return status;
	}
	if (cli_expect_words("top", argc - optind, argv + optind, 1, 1, words))
		return EXIT_USAGE;
	if (!top.has_sort && top.watch)
		top.by = TOP_RATE;
	log_init("top", top.common.verbose);
	if (config_open(&top.config, argv[optind], &top.common, "parse", CONFIG_READ))
		return EXIT_KERNEL;
	status = run(&top);
	config_close(&top.config);
	return status;
}
