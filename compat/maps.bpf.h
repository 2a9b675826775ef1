/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * One way to write a map, three ways to compile it, for the three kinds of loader:
 *
 *   (nothing)    BTF-defined map for libbpf, not pinned: the loader or the user chooses the place
 *   MAPS_PINNED  the same, pinned by its name: libbpf reuses the pin of the last load. Not devmaps
 *   MAPS_LEGACY  struct bpf_elf_map in section "maps": ip and tc that were built without libbpf
 *
 * No object can serve libbpf and the legacy loader both: libbpf 1.x refuses a section "maps".
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef MAPS_LEGACY

/* What iproute2 reads, by offset; it needs the map's symbol to be global. */
struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

_Static_assert(sizeof(struct bpf_elf_map) == 36, "iproute2 refuses another size");

#define PIN_GLOBAL_NS 2 /* <bpffs>/tc/globals/NAME */

#define BPF_MAP_FLAGS(name, map_type, key_type, value_type, entries, map_flags)                    \
	struct bpf_elf_map name SEC("maps") = {                                                    \
		.type = map_type,                                                                  \
		.size_key = sizeof(key_type),                                                      \
		.size_value = sizeof(value_type),                                                  \
		.max_elem = entries,                                                               \
		.flags = map_flags,                                                                \
		.pinning = PIN_GLOBAL_NS,                                                          \
	}
#define MAP_CLASS(class)

#else

#ifdef MAPS_PINNED
#define MAPS_PINNING __uint(pinning, LIBBPF_PIN_BY_NAME);
#else
#define MAPS_PINNING
#endif

#define BPF_MAP_LIBBPF(name, map_type, key_type, value_type, entries, flags, pinning)              \
	struct {                                                                                   \
		__uint(type, map_type);                                                            \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, flags);                                                          \
		pinning __type(key, key_type);                                                     \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

#define BPF_MAP_FLAGS(name, map_type, key_type, value_type, entries, flags)                        \
	BPF_MAP_LIBBPF(name, map_type, key_type, value_type, entries, flags, MAPS_PINNING)

/*
 * An array of arrays of value_type, which differ in length; not for the legacy loader. The inner
 * ones have sizes, not types, of which clang emits no more than the names here.
 */
#define BPF_ARRAY_OF_INNER(name, inner_entries, inner_value, inner_flags, entries)                 \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, entries);                                                      \
		MAPS_PINNING                                                                       \
		__type(key, __u32);                                                                \
		__array(                                                                           \
			values, struct {                                                           \
				__uint(type, BPF_MAP_TYPE_ARRAY);                                  \
				__uint(max_entries, inner_entries);                                \
				__uint(map_flags, inner_flags);                                    \
				__uint(key_size, sizeof(__u32));                                   \
				__uint(value_size, sizeof(inner_value));                           \
			});                                                                        \
	} name SEC(".maps")

#define BPF_ARRAY_OF_ARRAYS(name, value_type, inner_flags, entries)                                \
	BPF_ARRAY_OF_INNER(name, 1, value_type, (inner_flags) | BPF_F_INNER_MAP, entries)

/* The same of arrays of one length, in which the kernel then inlines look-ups. */
#define BPF_ARRAY_OF_EQUALS(name, value_type, inner_flags, inner_entries, entries)                 \
	BPF_ARRAY_OF_INNER(name, inner_entries, value_type, inner_flags, entries)

#define MAP_CLASS(class) __attribute__((btf_decl_tag("ifbpf:" class)))

#endif

#define BPF_MAP(name, map_type, key_type, value_type, entries)                                     \
	BPF_MAP_FLAGS(name, map_type, key_type, value_type, entries, 0)

/*
 * For devmaps. The kernel adds a flag to those of their definition, after which libbpf 1.1 takes
 * the pin of the last load for another map, and refuses the object: so it pins none, and each load
 * makes them anew. The legacy loader refuses it as well, but nobody could pin them after it, since
 * it leaves them without names.
 */
#ifdef MAPS_LEGACY
#define BPF_DEVMAP(name, map_type, key_type, value_type, entries)                                  \
	BPF_MAP(name, map_type, key_type, value_type, entries)
#else
#define BPF_DEVMAP(name, map_type, key_type, value_type, entries)                                  \
	BPF_MAP_LIBBPF(name, map_type, key_type, value_type, entries, 0, )
#endif

/*
 * What the content of a map is, written behind its definition: load carries it over by this when
 * the definition changes. CONFIG: lists, rules and settings, which tools write. COUNTER: integers
 * that programs only add to. FLOW: what programs keep for connections and sources.
 */
#define MAP_CONFIG  MAP_CLASS("config")
#define MAP_COUNTER MAP_CLASS("counter")
#define MAP_FLOW    MAP_CLASS("flow")

#endif
