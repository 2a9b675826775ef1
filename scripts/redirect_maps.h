/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the redirect programs of one interface, and what this tool put into them. */
#ifndef SCRIPTS_REDIRECT_MAPS_H
#define SCRIPTS_REDIRECT_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include "objects/redirect.h"
#include "objects/stats.h"
#include "scripts/config.h"

struct redirect_maps {
	int port_fd;  /* -1: only a tc program is there */
	bool tc_only; /* the same, also if tx_port is left from before */
	int params_fd, flows_fd, mode_fd;
	const char *ifname;
};

struct redirect_pair {
	struct redirect_mac source, destination;
};

/* A flow as it is in the maps. */
struct redirect_flow {
	struct redirect_pair pair;
	bool ours; /* this tool put it there; only these are counted */
	struct stats_record count;
};

/* Report their failures; return 0 or a negative errno. close accepts what open refused. */
int redirect_maps_open(struct redirect_maps *maps, const struct config *config,
                       enum config_access access);
void redirect_maps_close(struct redirect_maps *maps);

/* Report that one of the maps, by its name, cannot be read or written. Return err. */
int redirect_maps_failed_read(const struct redirect_maps *maps, const char *map, int err);
int redirect_maps_failed_write(const struct redirect_maps *maps, const char *map, int err);

/* What is set: *port is the ifindex in tx_port, or 0. Reported. Returns 0 or a negative errno. */
int redirect_maps_get(const struct redirect_maps *maps, struct redirect_mode *mode, __u32 *port);

/* All flows; the caller frees *flows. Reported. Returns 0 or a negative errno. */
int redirect_maps_flows(const struct redirect_maps *maps, struct redirect_flow **flows,
                        size_t *len);

/* Whether they could be added, as far as it is known before. Reported as redirect_maps_add() does.
 */
int redirect_maps_check(const struct redirect_maps *maps, const struct redirect_pair *pairs,
                        size_t len);

/*
 * Add flows, without switching anything on; a flow that is there already gets the new destination.
 * If one cannot be added, those that were are removed again. Refused with -EEXIST: a flow that
 * somebody else made, to another destination. Reported. Returns 0 or a negative errno.
 */
int redirect_maps_add(const struct redirect_maps *maps, const struct redirect_pair *pairs,
                      size_t len);

/* Remove each flow that is ours. Reported. Returns 0 or a negative errno. */
int redirect_maps_remove(const struct redirect_maps *maps);

/*
 * Switch on, in one step for XDP and one for tc: mode says where to and how. Until then, and if
 * this is not reached, all frames pass. Reported. Returns 0 or a negative errno.
 */
int redirect_maps_switch_on(const struct redirect_maps *maps, const struct redirect_mode *mode);

/*
 * Switch off first, then remove the flows that are ours. tx_port stays if somebody else changed it
 * since. The record of a stub and of the other direction stays, for redirect_maps_forget().
 * Reported. Returns 0 or a negative errno.
 */
int redirect_maps_switch_off(const struct redirect_maps *maps);

/*
 * Remove one flow that is ours, by its source; without it, that is done. Reported. Returns 0 or a
 * negative errno.
 */
int redirect_maps_remove_one(const struct redirect_maps *maps, const struct redirect_mac *source);

/*
 * Note what is about to be written, so that what a killed call leaves is known as this tool's. With
 * its ifindex 0 nothing is on. Reported. Returns 0 or a negative errno.
 */
int redirect_maps_note(const struct redirect_maps *maps, const struct redirect_mode *mode);

/* Say how many flows are not ours, and so stay. */
void redirect_maps_tell_others(const struct redirect_maps *maps);

/*
 * Note that a stub is about to be loaded at the other end of the veth `port`, for a redirect to it.
 * -EAGAIN, not reported: it is set up otherwise, or by somebody else, by now. Other failures are.
 */
int redirect_maps_stub_comes(const struct redirect_maps *maps, __u32 port);

/* It was loaded, as this program, or not: 0. If nothing is on, there is no record any more. */
int redirect_maps_stub_came(const struct redirect_maps *maps, __u32 prog);

/* Nothing of ours is left. Reported. Returns 0 or a negative errno. */
int redirect_maps_forget(const struct redirect_maps *maps);

#endif
