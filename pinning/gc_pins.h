/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pins in the directory of one interface: what is dead among them, and what they are held by.
 */
#ifndef PINNING_GC_PINS_H
#define PINNING_GC_PINS_H

#include <linux/bpf.h>
#include "bpffs/directory.h"
#include "pinning/gc_run.h"

/* A program that is pinned in %progs/<hook>/. */
struct gc_pinned_prog {
	__u32 id;
	enum hook hook;
	char file[NAME_SIZE];
	const struct gc_attachment *at; /* where it is attached, or NULL */
};

/* Everything in a directory that decides about its removal. */
struct gc_content {
	struct gc_pinned_prog *progs;
	size_t progs_len;
	struct gc_ids maps;      /* old ones and those in %egress/ included */
	__u32 link_id;           /* a link that holds a program on an interface, or 0 */
	char foreign[NAME_SIZE]; /* something that is not ours, or "" */
};

/*
 * Read a directory. Returns 0 or a negative errno, silent. gc_content_free() releases it.
 */
int gc_content_read(struct gc *gc, const struct directory *dir, struct gc_content *content);
void gc_content_free(struct gc_content *content);

/*
 * Why the directory cannot go, though its interface is gone: it is in use. Returns true with the
 * reason. doomed: programs that are held by pins only that go as well. What is pinned in a
 * directory that stays, too, is no reason.
 */
bool gc_content_in_use(struct gc *gc, const struct directory *dir, const struct gc_content *content,
                       const struct gc_ids *doomed, char why[256]);

/*
 * Describe the link that is pinned as `file`. Returns 0, -EINVAL or -ELOOP if it is none, or
 * another negative errno.
 */
int gc_link_read(int dir_fd, const char *file, struct bpf_link_info *info);

/*
 * Remove what is dead in the directory of an interface, whether that is there or not: links that
 * hold no program any more, symlinks that lead nowhere, and with --old the old maps that nothing
 * uses. Each is one decision. Returns 0 or a negative errno, reported.
 */
int gc_sweep(struct gc *gc, struct directory *dir);

/* Remove the pins of the doomed programs. Returns 0 or a negative errno, reported. */
int gc_drop_doomed(struct gc *gc, struct directory *dir, const struct gc_content *content,
                   const struct gc_ids *doomed);

/* Wait until the kernel has freed them, or long enough. */
void gc_wait_freed(const struct gc_ids *progs);

/*
 * That programs were held by nobody is proved by the kernel: one that stays when all pins are gone
 * is pinned again, and kept. Returns 0 or a negative errno.
 */
int gc_put_back(struct gc *gc, struct directory *dir, const struct gc_content *content,
                const struct gc_ids *doomed);

#endif
