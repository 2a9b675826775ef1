/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The directory of one interface: finding it, reading whose it is. */
#ifndef BPFFS_DIRECTORY_H
#define BPFFS_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include "bpffs/bpffs.h"
#include "bpffs/interface.h"
#include "bpffs/record.h"

/* Names in an interface's directory that are ours; see ifbpf-bpffs(7). */
#define DIRECTORY_RECORD "%meta"
#define DIRECTORY_EGRESS "%egress"
#define DIRECTORY_LOCK   "%lock"  /* 0700: whoever can open a directory can lock it */
#define DIRECTORY_PROGS  "%progs" /* programs prepared or in use: %progs/<hook>/<program> */
#define DIRECTORY_LINKS  "%links" /* links that we attached by: %links/<hook> */
/*
 * What is still to be brought over from an old map: %carry/<its id> is a record, and %carry/<its
 * id>%base, where there is one, a map of what was copied.
 */
#define DIRECTORY_CARRY "%carry"
#define DIRECTORY_BASE  "%base"
/* What the types of its maps look like: see bpffs/layouts.h. */
#define DIRECTORY_LAYOUTS "%layouts"

/* Statistics are per hook: an egress program's map of this name never takes the flat place. */
#define DIRECTORY_TC_STATS "tc_stats_map"

struct directory {
	int fd;              /* O_RDONLY, or -1 while it is still to be made */
	int lock_fd;         /* %lock in it, once directory_lock() took it; else -1 */
	char path[PATH_MAX]; /* for messages; the descriptor is what counts */
	char relative[PATH_MAX];
	char ifname[IF_NAMESIZE]; /* that it is named for */
	bool has_record;
	bool dropped; /* claimed with --fresh: the maps in it go before others come */
	bool blank;   /* in its stage yet: nobody but this run can put anything into it */
	/* Claimed, and until something is published: what only writers make is not in it. */
	bool no_links, no_carry;
	bool adopted; /* claimed without a record: it is as it was unless something is published */
	unsigned int old_mode; /* of one that is adopted and made root's alone meanwhile; else 0 */
	struct record record;
};

/* What was pinned there before counts: it is there, is not a new one, and does not go. */
static inline bool directory_has_pins(const struct directory *dir)
{
	return dir->fd >= 0 && !dir->dropped && !dir->blank;
}

/*
 * Open the directory of an interface for reading: by its name, or by its record where that says
 * that the interface was renamed since and the name is another's, or nobody's.
 * Returns 0, -ENOENT if it has none (silent), or another negative errno, reported.
 */
int directory_open(struct directory *dir, const struct bpffs *fs, const struct interface *iface);

/*
 * Open <relative> of a BPF filesystem. Returns 0 or a negative errno; reported but for -ENOENT.
 * A record of another version is refused with -EPROTONOSUPPORT.
 */
int directory_open_relative(struct directory *dir, const struct bpffs *fs, const char *relative);

/* The same without a message. A record that cannot be read is as none. */
int directory_open_quietly(struct directory *dir, const struct bpffs *fs, const char *relative);

/* What is known of one without opening it: it has no descriptor. Returns 0 or -ENAMETOOLONG. */
int directory_name(struct directory *dir, const struct bpffs *fs, const char *relative);

/*
 * Become the one who changes the pins of this directory, or the content of its maps. Waits; the
 * lock is given back by directory_close(). Reports its failures. Returns 0 or a negative errno.
 */
int directory_lock(struct directory *dir);

/* The same, but -EWOULDBLOCK, silent, while another process has the lock. */
int directory_try_lock(struct directory *dir);
void directory_unlock(struct directory *dir);

/*
 * Read the record anew: another writer may have been here. Reports its failures. Returns 0, also if
 * there is none, or a negative errno.
 */
int directory_read_record(struct directory *dir);

/* Closes the directory, and gives its lock back. */
void directory_close(struct directory *dir);

/*
 * Something is still to be brought over from an old map of the directory, or of its %egress/.
 */
bool directory_carries(const struct directory *dir, __u32 old_map_id);

/*
 * Make the parent of directories in another namespace than home: %ifbpf/ns/<netns>. Returns 0 or a
 * negative errno, reported.
 */
int directory_make_parent(const struct bpffs *fs, const char *relative);

/* Remove it, if nothing is in it. The caller holds bpffs_lock(). Silent. */
void directory_remove_parent(const struct bpffs *fs, const char *relative);

/* The path is one that an interface's directory can have below the root. */
bool directory_is_relative(const char *relative);

#endif
