/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Names in the layout: interface and map names as file names, and back.
 *
 * bpffs refuses a name with a dot, so names are percent-encoded. The encoding has exactly one
 * form for each name, and decoding refuses every other: a directory listing can be trusted.
 */
#ifndef BPFFS_NAME_H
#define BPFFS_NAME_H

#include <linux/types.h>
#include <stddef.h>

/* A file name of bpffs with its NUL. */
#define NAME_SIZE 256

/*
 * Encode an interface name as the name of its directory (eth0.100 -> eth0%2E100).
 * Names that others own in a bpffs root (tc, xdp, cilium, ...) get their first byte encoded.
 * Returns 0, -EINVAL for an empty name or one with a slash, -ENAMETOOLONG.
 */
int ifname_encode(const char *ifname, char *out, size_t size);

/* The reverse. Returns 0, -EINVAL if file is not the encoding of any name, -ENAMETOOLONG. */
int ifname_decode(const char *file, char *out, size_t size);

/* The same for the full name of a map; 'tc', 'xdp', 'ip' and 'globals' are taken in an
 * interface's directory. */
int mapname_encode(const char *map, char *out, size_t size);
int mapname_decode(const char *file, char *out, size_t size);

/* The file name of what a replacement left of the map in `file`: <file>%old-<map id>. */
int mapname_old(const char *file, __u32 old_id, char *out, size_t size);

/*
 * Take a file name of an interface's directory apart: the map's name, and the id of the old map
 * or 0. Returns 0, or -EINVAL if no map has that file name (%meta, say), or -ENAMETOOLONG.
 */
int mapname_parse(const char *file, char *map, size_t size, __u32 *old_id);

/* A value in a record: like a name, but with no reserved words, and a slash is itself. */
int value_encode(const char *value, char *out, size_t size);
int value_decode(const char *text, char *out, size_t size);

#endif
