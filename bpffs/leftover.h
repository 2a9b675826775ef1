/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A stage whose writer is dead, and how it is to end: forward, to what it has prepared, or back, to
 * what was there before. The kernel knows what became of the program; where neither the old nor
 * the new one is on the hook any more, that way is taken on which no count and no rule is lost.
 */
#ifndef BPFFS_LEFTOVER_H
#define BPFFS_LEFTOVER_H

#include <limits.h>
#include "bpffs/displaced.h"
#include "bpffs/live.h"
#include "bpffs/record.h"

struct bpffs;

struct leftover {
	const struct bpffs *fs;
	const char *name; /* of the stage */
	int fd;
	int pins_fd; /* where its pins are: fd, or of its directory that is made whole */
	char verb[32];
	char relative[PATH_MAX]; /* of the directory it is for; "" if it did not come that far */
	struct record rec;       /* what the directory was to get */
	bool left;               /* by a writer that could not end it, and was not killed */
	int hook;                /* -1: no hook was to be changed */
	__u32 old_prog, new_prog;

	/* By leftover_choose(): */
	bool seen;        /* the hook was looked at, and the new program is not on it */
	__u32 there;      /* the program that is there instead; 0: none */
	bool blind;       /* what that uses cannot be told without CAP_SYS_ADMIN */
	bool unasked;     /* what is on the hook cannot be told without CAP_NET_ADMIN */
	struct live live; /* else this */
	struct displaced_maps displaced;
};

enum leftover_way {
	LEFTOVER_FORWARD,
	LEFTOVER_BACK,
	LEFTOVER_UNTOLD, /* the kernel cannot be asked, and nothing is guessed */
};

/* Read what a stage says of itself. fs, name and fd are the caller's. leftover_free() must follow.
 */
void leftover_read(struct leftover *l, const struct bpffs *fs, const char *name, int fd);
void leftover_free(struct leftover *l);

/* How it is to end. Reports only what cannot be asked. */
enum leftover_way leftover_choose(struct leftover *l);

/* A program that is on the hook in the place of the new one uses the map, or it may. */
bool leftover_uses(const struct leftover *l, __u32 map_id);

/* For messages: "nothing is on xdp of eth0". l->seen must be true. */
#define LEFTOVER_THERE_SIZE 160
void leftover_there(const struct leftover *l, char text[LEFTOVER_THERE_SIZE]);

/* The program that a link of ours holds on an interface, wherever that is; or 0. */
__u32 leftover_linked_prog(const struct leftover *l);

#endif
