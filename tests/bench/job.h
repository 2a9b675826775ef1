/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be done with real frames that arrive at v0, and at which rate. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include "tests/bench/sender.h"
#include "tests/bench/table.h"

struct job {
	const char *name, *what;
	const char *object;  /* of ours that it needs, or NULL */
	const char *command; /* that it needs, or NULL, and the package that has it */
	const char *package;
	const char *attach, *detach; /* lines of the shell */
	/*
	 * What the job itself has counted, of as many as arrived: a pinned statistics map and the
	 * action in it, or a line of the shell that prints the number; or neither.
	 */
	const char *map;
	__u32 action;
	const char *counted;
	bool newer;    /* a kernel may refuse it that is not new enough */
	bool forwards; /* frames arrive at w1 of netns "peer" */
	bool routed;   /* and it is the IPv4 stack that forwards them: else it must see none */
	bool passes;   /* they go to the stack, which counts frames that it does not know */
	bool nowhere;  /* they are made, and not sent */
	bool iptables; /* nothing for iptables-legacy, see attach_iptables_stays() */
};

/* A job and who sends; the subject of a row. */
struct job_run {
	const struct job *job;
	struct sender *sender;
	__u32 frames; /* a round; 0: not calibrated yet */
};

/*
 * A row whose first metric is the rate, in millions of frames a second. Tries the job once: one
 * of a peer, or of a newer kernel, that cannot be attached is missing, any other has failed.
 */
void job_add(struct table *table, const struct job *job, struct job_run *run,
             struct sender *sender);

/* The qdisc that unload leaves would be asked about each frame of the next rows. */
#define CLSACT_OFF(unload) unload " && tc qdisc del dev v0 clsact"

/* The zero line: what all rows have of the sender, which shares a CPU with them. */
#define JOB_SENDER "sender"

/* The metrics and notes that all tables of rates have. */
void job_metrics(struct table *table);

/* The first four of job_drops and job_passes: native and generic XDP, tcx, clsact. */
#define JOB_HOOKS 4
extern const struct job job_drops[], job_passes[], job_forwards[];
extern const size_t job_drops_len, job_passes_len, job_forwards_len;

/* Drop at w1 what arrives there. Return 0 or a negative errno, reported; end it in any case. */
int job_sink_begin(void);
void job_sink_end(void);

/* A table of jobs on one frame. Returns 0 or a negative errno, reported. */
int jobs_measure(const char *name, const char *title, const struct job *jobs, size_t len,
                 const char *reference, const struct frame *frame);

#endif
