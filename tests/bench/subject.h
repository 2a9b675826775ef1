/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are measured: of our objects, of the benchmark's own, of a peer's. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include "bpffs/hook.h"
#include "pinning/object.h"

struct subject {
	struct object object; /* of one that is taken its path alone, or not even that */
	int prog_fd;
	bool taken; /* by subject_take(): there is no object */
};

/*
 * Load a program of an object: the one of that name, or the only one if it is NULL. resize, if not
 * NULL, may change maps before that. Nothing is pinned, whatever the object says. Returns 0 or a
 * negative errno, reported. subject_free() must follow in any case.
 */
int subject_load(struct subject *subject, const char *file, const char *program,
                 int (*resize)(struct bpf_object *obj, const void *arg), const void *arg);

/*
 * Hold the first program that runs on a hook of an interface, whoever loaded it. file: the object
 * that it is of, with no other program in it, or NULL if that is not known.
 */
int subject_take(struct subject *subject, const char *ifname, enum hook hook, const char *file);

/*
 * Load the program of another subject, whose file is known, once more, onto the same maps: the
 * kernel puts its code elsewhere. Returns 0 or a negative errno, reported. subject_free() must
 * follow in any case.
 */
int subject_again(struct subject *again, const struct subject *subject);

/* The same in its own place: the program of before is released. */
int subject_renew(struct subject *subject);

void subject_free(struct subject *subject);

/* Set the size of a map before loading. Returns 0 or a negative errno. */
int subject_resize(struct bpf_object *obj, const char *map, unsigned int entries);

/* The descriptor of a map, or -ENOENT, reported: of one that the program does not use as well. */
int subject_map(const struct subject *subject, const char *map);

/* The directory of installed objects of libxdp and xdp-tools, or NULL. */
const char *subject_xdp_tools(void);

#endif
