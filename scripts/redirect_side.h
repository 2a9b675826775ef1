/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One direction of a redirect: its maps under the lock, and what it needs of its target. */
#ifndef SCRIPTS_REDIRECT_SIDE_H
#define SCRIPTS_REDIRECT_SIDE_H

#include "scripts/redirect_maps.h"
#include "scripts/redirect_run.h"

struct redirect_side {
	struct interface from, to;
	bool gone; /* `from` is, as the directory has it that it left */
	struct redirect_pair *pairs;
	size_t len;
	struct redirect_mode mode; /* as it shall be */
	struct redirect_mode now;  /* as it was read last */
	__u32 stubs_leaving[2];    /* ids of stubs that go with what is set now, or 0 */
	/* Of a call for both ways: the flows that were set before, and stay. */
	struct redirect_flow *flows;
	size_t flows_len;
	bool was_on;
	bool touched;    /* something was written */
	bool stub_comes; /* only that a stub is to be loaded */
	bool back_stays; /* switched off, its other direction was out of reach, which was said */
	int hidden;      /* why the other end of its target cannot be looked at, or 0 */
	struct config config;
	struct redirect_maps maps;
	bool open;
};

/*
 * Take the lock of its interface, and open its maps. close accepts what is not open. Reported.
 * Returns 0 or a negative errno.
 */
int redirect_side_open(struct redirect_side *side, const struct redirect_options *options);
void redirect_side_close(struct redirect_side *side);

/*
 * What is set on side->from now; takes no lock, and reads no more of side than whether that is
 * gone. Reported. Returns 0 or a negative errno.
 */
int redirect_side_peek(const struct redirect_side *side, struct redirect_mode *mode, __u32 *port);

/*
 * Whether its maps are there and nobody else's, and take its flows. Fills in side->now,
 * side->flows and side->stubs_leaving. Changes nothing. Reported. Returns 0 or a negative errno.
 */
int redirect_side_check(struct redirect_side *side, const struct redirect_options *options);

/*
 * Read side->flows, if both ways are to be set; the caller frees them. Needs side->now. Reported.
 * Returns 0 or a negative errno.
 */
int redirect_side_read_flows(struct redirect_side *side);

/*
 * Find the interface of the other direction that goes with side->now, other->from, and what is set
 * there: one of the same call, or one that was begun there and not ended. One that is gone is not
 * found. Silent unless its maps cannot be read.
 */
bool redirect_side_find_back(const struct redirect_side *side, struct redirect_side *other,
                             struct redirect_mode *back);

/* This tool set something that has to go before the side can be switched on. */
bool redirect_side_is_taken(const struct redirect_side *side);

/* Its target takes its frames now. Silent, changes nothing. */
bool redirect_side_arrives(const struct redirect_side *side);

struct redirect_need {
	const struct redirect_side *sides; /* whose stubs_leaving count for nothing */
	int len;
	bool load; /* with --with-stub: load the stub that is missing, rather than promise it */
};

/* Refuse a target that does not take its frames. Reported. Returns 0 or a negative errno. */
int redirect_side_check_target(struct redirect_side *side, const struct redirect_need *need,
                               const struct redirect_options *options);

/*
 * Once it is on, say what may be lost: frames of which nobody can tell whether its target takes
 * them, and what comes from the other end of a veth and may be fit for the stack only.
 */
void redirect_side_tell_loss(const struct redirect_side *side);

#endif
