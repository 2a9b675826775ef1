/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Records: what a directory says of itself, as the text of a symlink.
 *
 *   v=1;gen=42;name=eth0;ifindex=2;netns=3;nsino=4026531833;mac=…;xdp=prog:117,map:12
 *
 * The kernel is the truth. A record says which interface a directory belongs to, how often its
 * pins were exchanged, and which programs and maps were published for each hook.
 */
#ifndef BPFFS_RECORD_H
#define BPFFS_RECORD_H

#include <stdbool.h>
#include "bpffs/hook.h"
#include "bpffs/interface.h"

/* The longest text of a symlink in bpffs (PATH_MAX with its NUL). */
#define RECORD_SIZE 4096
/* What the fields of struct record themselves may take is left free. */
#define RECORD_OTHER    3584
#define RECORD_IDS      256
#define RECORD_NO_GROUP ((__u32)-1)

/* The key of lists that gave way to others, with what is still to be brought over; see bpffs.7. */
#define RECORD_GAVE_WAY "gave_way"

/* The programs and maps that were published for one hook. */
struct record_hook {
	__u32 progs[RECORD_IDS];
	__u32 maps[RECORD_IDS];
	unsigned int progs_len;
	unsigned int maps_len;
	bool cut; /* there were more than the record could hold */
};

struct record {
	__u64 gen; /* odd while pins are being exchanged */
	struct interface iface;
	__u32 group; /* gid that may read the maps, or RECORD_NO_GROUP */
	struct record_hook hooks[HOOKS];
	char other[RECORD_OTHER]; /* fields that this version does not know, kept as they are */
};

void record_init(struct record *rec, const struct interface *iface);

/* Note an id, once; sets cut when there is no room. */
void record_add_prog(struct record *rec, enum hook hook, __u32 prog_id);
void record_add_map(struct record *rec, enum hook hook, __u32 map_id);
void record_remove_prog(struct record *rec, enum hook hook, __u32 prog_id);
void record_remove_map(struct record *rec, enum hook hook, __u32 map_id);
bool record_has_prog(const struct record *rec, enum hook hook, __u32 prog_id);
/* Programs of the hook are left out: there was no room for them. */
bool record_lacks_progs(const struct record *rec, enum hook hook);
bool record_has_map(const struct record *rec, enum hook hook, __u32 map_id);

/* Both records are of the same interface: ifindex and network namespace. */
bool record_same_interface(const struct record *rec, const struct interface *iface);

/* Write the text. Lists that do not fit are cut, and marked so. Returns 0 or -E2BIG. */
int record_format(const struct record *rec, char text[RECORD_SIZE]);

/* Returns 0, -EPROTONOSUPPORT for another version, -EINVAL for a text that is no record. */
int record_parse(const char *text, struct record *rec);

/*
 * Read the record `file` of a directory. Returns 0, -ENOENT if it has none, -EINVAL or
 * -EPROTONOSUPPORT as above, another negative errno of readlinkat(2).
 */
int record_read(int dir_fd, const char *file, struct record *rec);

/* The same for the record of an interface's directory: -EINVAL also if it names none. */
int record_read_owner(int dir_fd, const char *file, struct record *rec);

/*
 * The number, namespace and address of the interface alone, 0 and "" where it has none: a quick
 * look at many records, of which few are read in full then. Returns 0 or a negative errno of
 * readlinkat(2), or -EINVAL.
 */
int record_read_identity(int dir_fd, const char *file, struct interface *was);

/* Write a record under a name that is free. Returns 0 or a negative errno of symlinkat(2). */
int record_create(int dir_fd, const char *file, const struct record *rec);

/* Fields beyond those above. Set: returns 0, or -E2BIG and nothing has changed. Get: returns 0 or
 * -ENOENT. */
int record_set_other(struct record *rec, const char *key, const char *value);
void record_unset_other(struct record *rec, const char *key);
int record_get_other(const struct record *rec, const char *key, char *value, size_t size);

#endif
