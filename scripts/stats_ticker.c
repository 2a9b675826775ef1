// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "bpffs/number.h"
#include "scripts/stats_ticker.h"

#define NS_PER_S        1000000000ULL
#define INTERVAL_MIN_NS 1000000ULL
#define INTERVAL_MAX_S  1000000

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	(void)signo;
	stopped = 1;
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int ticker_parse(const char *text, __u64 *interval_ns)
{
	__u64 ns, unit = NS_PER_S;
	const char *c = number_read(text, INTERVAL_MAX_S, &ns);

	if (!c)
		return -EINVAL;
	ns *= NS_PER_S;
	if (*c == '.' && c[1]) {
		/* What is finer than nanoseconds makes no difference. */
		for (c++; *c >= '0' && *c <= '9'; c++) {
			unit /= 10;
			ns += (*c - '0') * unit;
		}
	}
	if (*c || ns < INTERVAL_MIN_NS)
		return -EINVAL;
	*interval_ns = ns;
	return 0;
}

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

void ticker_begin(struct ticker *ticker, __u64 interval_ns)
{
	/* No SA_RESTART: a signal ends a write that waits for its reader. */
	const struct sigaction action = { .sa_handler = stop };
	sigset_t set;

	*ticker = (struct ticker){
		.interval_ns = interval_ns,
		.next_ns = now_ns() + interval_ns,
	};
	end_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &ticker->before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

void ticker_allow_signals(const struct ticker *ticker, bool allow)
{
	sigset_t set;

	end_signals(&set);
	if (allow)
		sigprocmask(SIG_SETMASK, &ticker->before, NULL);
	else
		sigprocmask(SIG_BLOCK, &set, NULL);
}

bool ticker_stopped(void)
{
	return stopped;
}

/* The tick is here: the next one is in the future. */
static enum ticker_event tick(struct ticker *ticker, __u64 now)
{
	__u64 missed = (now - ticker->next_ns) / ticker->interval_ns;

	ticker->next_ns += (missed + 1) * ticker->interval_ns;
	return TICKER_TICK;
}

enum ticker_event ticker_wait_input(struct ticker *ticker, int fd)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	__u64 now = now_ns(), left;
	struct timespec ts;
	int ready;

	while (!stopped && now < ticker->next_ns) {
		left = ticker->next_ns - now;
		ts = (struct timespec){ .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
		ready = ppoll(&input, 1, &ts, &ticker->before);
		if (stopped || (ready > 0 && !(input.revents & POLLIN)))
			return TICKER_STOPPED;
		if (ready > 0 || (ready < 0 && fd >= 0))
			return TICKER_INPUT;
		now = now_ns();
	}
	return stopped ? TICKER_STOPPED : tick(ticker, now);
}

/* poll() takes no notice of a descriptor below 0. */
bool ticker_wait(struct ticker *ticker)
{
	return ticker_wait_input(ticker, -1) == TICKER_TICK;
}
