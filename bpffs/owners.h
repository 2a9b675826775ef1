/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Who keeps what pinned, in every BPF filesystem that this process sees. */
#ifndef BPFFS_OWNERS_H
#define BPFFS_OWNERS_H

#include "bpffs/bpffs.h"
#include "bpffs/pin.h"

enum owner_kind {
	OWNER_OTHER,     /* some other program's */
	OWNER_IPROUTE2,  /* below tc/globals and the like: iproute2's, for all interfaces at once */
	OWNER_INTERFACE, /* an interface's directory of this layout */
};

struct owned_pin {
	enum owner_kind owner;
	enum pin_kind kind;
	__u32 id;
	char *path;
	size_t layout_len; /* path[layout_len]: what is below the layout's root; 0: outside of it */
};

struct owners {
	struct owned_pin *pins;
	size_t len;
};

/*
 * Look at the pins of others and of iproute2: all but those in interfaces' directories of this
 * layout, of which there may be hundreds, and those below `except`, a path relative to fs (the
 * directory that is being worked on, which may have no record yet). What cannot be opened is left
 * out. Returns 0 or -ENOMEM. owners_free() releases it.
 */
int owners_scan(struct owners *owners, const struct bpffs *fs, const char *except);
/* The same with the other interfaces' directories: who shares a map? */
int owners_scan_with_interfaces(struct owners *owners, const struct bpffs *fs, const char *except);
void owners_free(struct owners *owners);

/* Leave out what is below a path relative to the layout's root, as a scan with that as `except`
 * would have. */
void owners_forget(struct owners *owners, const char *relative);

/* The path under which such an owner keeps it pinned, or NULL. */
const char *owners_path(const struct owners *owners, enum owner_kind owner, enum pin_kind kind,
                        __u32 id);

/* All such paths for the user: "A, B and 3 more". Returns how many there are; 0 with "". */
unsigned int owners_name_paths(const struct owners *owners, enum owner_kind owner,
                               enum pin_kind kind, __u32 id, char *text, size_t size);

#endif
