/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of programs of one hook of an interface, as the links of the programs make it. */
#ifndef SCRIPTS_CHAIN_ROW_H
#define SCRIPTS_CHAIN_ROW_H

#include <linux/bpf.h>
#include <stdbool.h>
#include "bpffs/view.h"
#include "objects/chain.h"
#include "objects/stats.h"
#include "scripts/config.h"

/* A program, and the pinned maps by which it hands packets on. */
struct member {
	__u32 id, type;
	char name[BPF_OBJ_NAME_LEN]; /* of the program; of the head, "head" */
	int prog_fd;                 /* -1 for the head, which is known by its link alone */
	int link_fd, counter_fd;     /* -1: it hands nothing on; those of the view */
};

struct row {
	const struct config *config;
	bool tc;
	struct view view; /* all pinned maps of the interface */
	struct member member[CHAIN_PROGRAMS + 1];
	size_t len; /* member[0] is the head, slot N is member[N + 1] */
};

/* Find the head and follow the links. Returns 0 or a negative errno, reported. */
int row_open(struct row *row, const struct config *config, bool tc, enum config_access access);
void row_close(struct row *row);

/* How the names of links in this row end. */
const char *row_link_suffix(const struct row *row);

/*
 * Find out what a program is, and which of the pinned maps are its link and its counter. Takes fd
 * over, also if it fails. Returns 0 or a negative errno, reported.
 */
int member_describe(const struct row *row, int fd, struct member *m);

/*
 * The name of a link of the program which is not among the pinned maps of the row's interface; ""
 * if there is none. Returns 0 or a negative errno, reported.
 */
int member_find_stray(const struct row *row, const struct member *m, char link[BPF_OBJ_NAME_LEN]);

/*
 * Find out what the user named: the path of a pin, or the name of a program that is prepared under
 * %progs/. The caller closes m->prog_fd after success. Returns 0 or a negative errno, reported.
 */
int member_open(const struct row *row, const char *pin, struct member *m);

/*
 * What the program in a slot was given since it came into the row. Returns 0 or a negative errno,
 * reported.
 */
int row_hits(const struct row *row, size_t slot, struct stats_record *hits);

/*
 * What the program that follows this one was given since it came into the row; and setting that,
 * when another one follows. Without a counter it is nothing. Each
 * returns 0 or a negative errno, reported.
 */
int member_gave(const struct member *from, struct stats_record *given);
int member_set_gave(const struct member *from, const struct stats_record *given);

/*
 * Change the row, of which packets see each change in one step. pin: as above. Each returns 0 or a
 * negative errno, reported.
 */
int row_set(struct row *row, size_t slot, const char *pin);
int row_insert(struct row *row, size_t slot, const char *pin);
int row_delete(struct row *row, size_t slot);
int row_move(struct row *row, size_t from, size_t to);

#endif
