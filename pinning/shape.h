/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing the definition of a map in an object with a pinned map. bpf_map__reuse_fd() checks
 * nothing, and libbpf's own reuse of pins ignores BTF and says only "parameter mismatch".
 */
#ifndef PINNING_SHAPE_H
#define PINNING_SHAPE_H

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/* What is known of types that cannot be read: see pinning/layout.h. */
enum layout_verdict {
	LAYOUT_UNKNOWN, /* nothing is noted, or the object has no types */
	LAYOUT_SAME,    /* as the object's */
	LAYOUT_DIFFERS,
};

struct shape_diff {
	char field[64]; /* "value size", "value: struct flow.bytes" */
	char object[64];
	char pinned[64];
};

struct shape_diffs {
	struct shape_diff *list;
	size_t len;
	bool btf_skipped; /* key and value types were not compared: no BTF, or not allowed to read
	                     it */
	bool btf_denied;  /* because it takes CAP_SYS_ADMIN, and both sides have it */
	enum layout_verdict layout; /* of them, where that was asked */
	bool inner_skipped; /* nothing tells of which definition the maps inside have to be */
};

/*
 * Compare type, key and value size, max entries, flags (less what the kernel adds by itself), extra
 * and, where both have it, the BTF of key and value; of a map of maps also what may be inside.
 * pin_fd and pinned are the pinned map, the caller's. Returns 0 with the differences, none if the
 * pinned map can be used in place of the object's, or a negative errno. shape_diffs_free() releases
 * them.
 */
int shape_compare(const struct bpf_object *obj, const struct bpf_map *map, int pin_fd,
                  const struct bpf_map_info *pinned, struct shape_diffs *diffs);
void shape_diffs_free(struct shape_diffs *diffs);

/* Print them on stderr as a table: field, object, pinned. */
void shape_diffs_print(const struct shape_diffs *diffs);

/* Add a difference; for the comparison of BTF. Returns 0 or -ENOMEM. */
int shape_diffs_add(struct shape_diffs *diffs, const char *field, const char *object,
                    const char *pinned);

/* Add a difference if there is one, decimal or hexadecimal. Returns 0 or -ENOMEM. */
int shape_compare_number(struct shape_diffs *diffs, const char *field, bool hex, __u64 object,
                         __u64 pinned);

/* A map of maps, whose slots have other maps. */
bool shape_holds_maps(__u32 map_type);

/*
 * The BTF of that id, from the kernel; btf__free() it. NULL with id 0, where it takes
 * CAP_SYS_ADMIN, *denied, and where this libbpf does not understand it. Returns 0 or a negative
 * errno: that nobody could look is no sign that there are no types.
 */
int shape_kernel_btf(__u32 btf_id, struct btf **btf, bool *denied);

/*
 * Compare the BTF of key and value, if both sides have it; else sets btf_skipped. The rows begin
 * with prefix. Returns 0 or a negative errno.
 */
int shape_compare_types(const struct bpf_object *obj, const struct bpf_map *map,
                        const struct bpf_map_info *pinned, const char *prefix,
                        struct shape_diffs *diffs);

/* "hash", or "unknown". */
const char *shape_type_name(__u32 type);

/* Compare two types of BTF by names, kinds, sizes and offsets; field is what the rows are called.
 */
struct btf;
int shape_compare_btf(const struct btf *object, __u32 object_type, const struct btf *pinned,
                      __u32 pinned_type, const char *field, struct shape_diffs *diffs);

/* Types that nest deeper than this are taken as equal: pointers can make circles. */
#define SHAPE_DEPTH_MAX 16

/* Past typedef, const, volatile, restrict and type tags, which change no byte. */
__u32 shape_strip(const struct btf *btf, __u32 id);

/* The flags of a map without those that the kernel adds to what the loader asked for. */
__u32 shape_flags(__u32 type, __u32 flags);

#endif
