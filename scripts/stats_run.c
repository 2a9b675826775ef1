// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/bpffs.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/stats_print.h"
#include "scripts/stats_run.h"
#include "scripts/stats_sample.h"
#include "scripts/stats_subjects.h"
#include "scripts/stats_ticker.h"

#define KEPT_MAX 150 /* of so many interfaces a watch leaves the maps open */

struct run {
	const struct stats_options *how;
	struct bpffs fs;
	struct records records;
	bool all; /* every interface that has a directory */
	struct subjects subjects;
	/* The present round. */
	struct sample *samples;
	size_t samples_len;
	unsigned int refused;
	bool printed; /* there was a round that printed something */
};

static void explain_hook(const struct sample *now, const struct hook_stats *hook)
{
	char prog[32] = "no program that is known";

	if (hook->prog_id)
		snprintf(prog, sizeof(prog), "program %u", hook->prog_id);
	detail("%s %s: map %u, %s", now->iface.name, hook_name(hook->hook), hook->map_id, prog);
}

/* Say what the counters alone do not tell, when it is new. */
static void explain(const struct run *run, const struct subject *subject, const struct sample *now)
{
	const struct sample *last = subject->sampled ? &subject->last : NULL;

	if (!last || last->found != now->found) {
		if (now->found == FOUND_RENAMED)
			note("%s is called %s now", subject->ifname, now->iface.name);
		else if (now->found == FOUND_SUCCESSOR)
			note("%s is of an earlier interface of that name", now->path);
		else if (now->found == FOUND_LEFT)
			note("there is no interface %s any more: these are its last counters",
			     subject->ifname);
	}
	/* Asked for all, those that have none are no matter; see round_status(). */
	if (!run->how->json && !run->all && !now->hooks_len && (!last || last->hooks_len))
		note("%s holds no statistics map", now->path);
	for (unsigned int i = 0; i < now->hooks_len; i++)
		if (!last || last->gen != now->gen || last->hooks_len != now->hooks_len)
			explain_hook(now, &now->hooks[i]);
}

/* Two names of one interface, such as an altname, are one. */
static bool is_sampled(const struct run *run, const struct sample *sample)
{
	for (size_t i = 0; i < run->samples_len; i++)
		if (!strcmp(run->samples[i].path, sample->path))
			return true;
	return false;
}

static void sample_subject(struct run *run, struct subject *subject)
{
	struct sample *sample = &run->samples[run->samples_len];
	const struct target target = {
		.ifname = subject->ifname,
		.netns = run->how->netns,
		.optional = run->all || subject->missing,
		.known_gen = subject->sampled ? subject->last.gen : 0,
	};
	int err = sample_take(sample, &run->records, &target, &subject->kept);

	/* A process may have so many files open. */
	if (subject - run->subjects.list >= KEPT_MAX)
		kept_close(&subject->kept);
	subject->missing = err == -ENOENT || err == -ENODEV;
	if (err && !(run->all && subject->missing))
		run->refused++;
	if (err && !sample->hooks_len) {
		subject->sampled = false;
		return;
	}
	if (is_sampled(run, sample))
		return;
	explain(run, subject, sample);
	if (subject->sampled)
		sample_add_rates(sample, &subject->last);
	subject->last = *sample;
	subject->sampled = true;
	run->samples_len++;
}

static int sample_round(struct run *run)
{
	struct sample *samples;
	int err;

	records_next_round(&run->records);
	err = run->all ? subjects_follow(&run->subjects, &run->records) : 0;
	if (err)
		return failed(err, "cannot list the interfaces of this network namespace");
	samples = reallocarray(run->samples, run->subjects.len + 1, sizeof(*samples));
	if (!samples)
		return failed(-ENOMEM, "cannot read the counters");
	run->samples = samples;
	run->samples_len = 0;
	run->refused = 0;
	for (size_t i = 0; i < run->subjects.len; i++)
		sample_subject(run, &run->subjects.list[i]);
	return 0;
}

/* Returns 0, or a negative errno if nothing more can be written; reported but for EPIPE. */
static int print_round(struct run *run)
{
	int err = 0;

	errno = 0;
	if (run->how->json) {
		err = print_json(run->samples, run->samples_len);
	} else if (run->samples_len) {
		if (run->printed)
			putchar('\n');
		print_text(run->samples, run->samples_len, run->how->verbose);
		run->printed = true;
	}
	if (err)
		return err;
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	err = errno ? -errno : -EIO;
	if (err != -EPIPE && !ticker_stopped())
		failed(err, "cannot write the counters");
	return err;
}

static bool has_counters(const struct run *run)
{
	for (size_t i = 0; i < run->samples_len; i++)
		if (run->samples[i].hooks_len)
			return true;
	return false;
}

static int round_status(const struct run *run)
{
	if (run->refused)
		return run->samples_len ? EXIT_PARTLY : EXIT_KERNEL;
	if (run->all && !run->samples_len) {
		note("no interface of this network namespace has pinned maps in %s", run->fs.path);
		hint("pin what runs on one: %s IFNAME", cli_command("pin_maps"));
	} else if (run->all && !run->how->json && !has_counters(run)) {
		note("no interface of this network namespace has a statistics map pinned in %s",
		     run->fs.path);
	}
	return EXIT_SUCCESS;
}

static int write_status(int err)
{
	return !err || err == -EPIPE || ticker_stopped() ? EXIT_SUCCESS : EXIT_KERNEL;
}

static int run_once(struct run *run)
{
	int status, err;

	if (sample_round(run))
		return EXIT_KERNEL;
	status = round_status(run);
	err = print_round(run);
	return err ? write_status(err) : status;
}

static int run_watch(struct run *run)
{
	struct ticker ticker;
	int status = EXIT_SUCCESS, err;
	bool first = true;

	ticker_begin(&ticker, run->how->interval_ns);
	do {
		if (sample_round(run))
			return EXIT_KERNEL;
		if (first)
			status = round_status(run);
		if (status == EXIT_KERNEL)
			return status;
		first = false;
		ticker_allow_signals(&ticker, true);
		err = print_round(run);
		ticker_allow_signals(&ticker, false);
		if (err)
			return write_status(err);
	} while (ticker_wait(&ticker));
	return EXIT_SUCCESS;
}

/* Asked for all, one refusal is enough where nothing at all may be looked at. */
static int check_access(const struct run *run)
{
	int err;

	if (!run->all || !faccessat(run->fs.fd, ".", X_OK, AT_EACCESS))
		return 0;
	err = failed(-errno, "cannot look into %s", run->fs.path);
	if (err == -EACCES)
		access_hint(NULL);
	return err;
}

int stats_run(const struct stats_options *how, char *const ifnames[], int count)
{
	struct run run = { .how = how, .all = !count };
	int status = EXIT_KERNEL, err = 0;

	if (bpffs_open(&run.fs, BPFFS_READ))
		return EXIT_KERNEL;
	if (how->netns && netns_enter(how->netns))
		goto out;
	if (check_access(&run))
		goto out;
	records_begin(&run.records, &run.fs, how->watch);
	for (int i = 0; !err && i < count; i++)
		err = subjects_add(&run.subjects, ifnames[i]);
	if (err)
		failed(err, "cannot read the counters");
	else
		status = how->watch ? run_watch(&run) : run_once(&run);
	records_end(&run.records);
out:
	subjects_free(&run.subjects);
	free(run.samples);
	bpffs_close(&run.fs);
	return status;
}
