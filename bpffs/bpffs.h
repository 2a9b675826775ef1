/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The root of the layout: the BPF filesystem itself, and %ifbpf/ in it.
 *
 *   <root>/<ifname>/                    an interface of the home network namespace
 *   <root>/%ifbpf/%root                 record: which namespace is home
 *   <root>/%ifbpf/lock/                 one writer at a time
 *   <root>/%ifbpf/stage/                what a writer prepares
 *   <root>/%ifbpf/ns/<netns>/<ifname>/  interfaces of the other namespaces
 */
#ifndef BPFFS_BPFFS_H
#define BPFFS_BPFFS_H

#include <limits.h>
#include <sys/stat.h>
#include "bpffs/name.h"
#include "bpffs/netns.h"

/* Where the BPF filesystem is, unless IFBPF_BPFFS names another. */
#define BPFFS_DEFAULT "/sys/fs/bpf"

struct interface;
struct known;

enum bpffs_access {
	BPFFS_READ,  /* look only: nothing is made, mounted or locked */
	BPFFS_WRITE, /* mount and complete what is missing */
};

struct bpffs {
	char path[PATH_MAX];
	dev_t dev;
	int fd;       /* the root, O_PATH */
	int ours_fd;  /* %ifbpf, O_PATH unless opened for writing; -1 if there is none yet */
	int stage_fd; /* %ifbpf/stage; -1 unless opened for writing */
	int lock_fd;  /* %ifbpf/lock; -1 unless opened for writing */
	struct netns_id home;
	struct known *known; /* of who is a writer several times in a row; NULL: looked up anew */
};

/*
 * Open the BPF filesystem that IFBPF_BPFFS names, else the one at /sys/fs/bpf. For writing, one is
 * mounted there if there is none, and this is said.
 * Reports its failures. Returns 0 or a negative errno; on failure nothing needs closing.
 */
int bpffs_open(struct bpffs *fs, enum bpffs_access access);

/*
 * Look whether there is anything to open, without a message: 1 if %ifbpf is in it, 0 if there is a
 * BPF filesystem without it, or a negative errno.
 */
int bpffs_probe(void);

/* Closes what bpffs_open() opened, and so gives the lock back. */
void bpffs_close(struct bpffs *fs);

/* It, or this mount of it, is read-only. */
bool bpffs_is_readonly(const struct bpffs *fs);

/* Say, under a failure with -EROFS, what to do; path NULL: the one that bpffs_open() opens. */
void bpffs_hint_readonly(const char *path);

/* Whether this process may write in it at all. Reports that it may not. Returns 0 or -EPERM. */
int bpffs_check_privilege(void);

/* Become the one writer of this BPF filesystem (4.1 of ifbpf-bpffs(7)). Reports its failures. */
int bpffs_lock(struct bpffs *fs);

/*
 * Let other writers go on, for something that takes long and that they need not wait for. What was
 * known is forgotten.
 */
void bpffs_unlock(struct bpffs *fs);

/* It is still what is mounted there. Else reports another one, or none, and returns -ESTALE. */
int bpffs_check_mounted(const struct bpffs *fs);

/* The path of an interface's directory below the root: "eth0", "%ifbpf/ns/17/eth0". */
int bpffs_relative(const struct bpffs *fs, const char *ifname, const struct netns_id *netns,
                   char out[PATH_MAX]);

/*
 * Open a directory of the layout below parent_fd, never through a symlink, and only if it is
 * root's or ours. With make it is made if missing, and given exactly that mode.
 * flags are added to O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC.
 * Returns a descriptor or a negative errno: -ENOENT, -EPERM for another owner (who is then in
 * *owner if that is not NULL), -ENOTDIR or -ELOOP for something that is no directory. Silent.
 */
int bpffs_open_dir(int parent_fd, const char *name, int flags);
int bpffs_make_dir(int parent_fd, const char *name, mode_t mode);

/* Whether one that is there could be opened so: 0, or a negative errno as above; and what it is. */
int bpffs_check_dir(int parent_fd, const char *name);
int bpffs_describe_dir(int parent_fd, const char *name, struct stat *st);

/* Whether what st describes can only have been made by root or by us. */
bool bpffs_trusts(const struct stat *st);

/* Say why a directory of the layout was refused, and what to do: err from the two above. */
int bpffs_refused(int err, int parent_fd, const char *name, const char *path);

#endif
