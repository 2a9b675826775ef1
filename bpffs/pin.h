/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Single pins of a directory, by descriptor: no path is looked up twice. */
#ifndef BPFFS_PIN_H
#define BPFFS_PIN_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

enum pin_kind {
	PIN_MAP,
	PIN_PROG,
	PIN_LINK,
};

/* A word for messages: "map", "program", "link". */
const char *pin_kind_name(enum pin_kind kind);

/* What a BPF descriptor is, by its name in /proc/self/fd. Returns a kind or -EINVAL. */
int pin_kind_of(int bpf_fd);

/*
 * Open what is pinned as `file` in a directory; a symlink is not followed.
 * flags: 0 or BPF_F_RDONLY. Returns a descriptor or a negative errno: -ENOENT, -EACCES (the
 * mode of the pin, or of the directory), -ELOOP for a symlink, -EINVAL if it is no pin,
 * -ENOSYS without /proc, through which pins are opened.
 */
int pin_open(int dir_fd, const char *file, __u32 flags);

/* The same for a map, with its description. -EINVAL: another kind of pin. */
int pin_open_map(int dir_fd, const char *file, __u32 flags, struct bpf_map_info *info);

/* The id of the map that is pinned as `file`. Returns 0 or a negative errno as above. */
int pin_map_id(int dir_fd, const char *file, __u32 *id);

/*
 * The id of the program that is pinned as `file`; 0 if it is something else, or gone. Returns 0 or
 * a negative errno as above.
 */
int pin_prog_id(int dir_fd, const char *file, __u32 *id);

/* Whether there is a /proc, without which nothing can be pinned. */
bool pin_has_proc(void);

/* Pin a map, program or link as `file` of a directory (BPF_OBJ_PIN). -EEXIST: the name is taken. */
int pin_create(int dir_fd, const char *file, int bpf_fd);

/* Describe an open map (BPF_OBJ_GET_INFO_BY_FD). Returns 0 or a negative errno. */
int map_describe(int map_fd, struct bpf_map_info *info);

/* An open map is closed to edits by system calls (BPF_MAP_FREEZE). Silent; false if unknown. */
bool map_is_frozen(int map_fd);

/*
 * Call visit(dir_fd, file, arg) for each file of a directory that has the name of a map or of an
 * old map, until it returns anything but 0, which is then returned. The listing is taken first.
 */
int pin_each(int dir_fd, int (*visit)(int dir_fd, const char *file, void *arg), void *arg);

/* The same for a listing that was taken before; what is gone since is visited as well. */
struct listing;
int pin_each_listed(int dir_fd, const struct listing *listing,
                    int (*visit)(int dir_fd, const char *file, void *arg), void *arg);

#endif
