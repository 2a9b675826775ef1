// SPDX-License-Identifier: GPL-2.0-or-later
/* Which kernel brought what; and which helpers are for GPL-compatible programs alone. */
#include <string.h>
#include "pinning/inspect_internal.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Helpers are numbered in the order in which they came: the last one of each kernel. */
static const struct {
	unsigned int last, version;
} helpers[] = {
	{ 3, KERNEL(3, 19) },   { 11, KERNEL(4, 1) },   { 16, KERNEL(4, 2) },
	{ 22, KERNEL(4, 3) },   { 25, KERNEL(4, 4) },   { 26, KERNEL(4, 5) },
	{ 30, KERNEL(4, 6) },   { 36, KERNEL(4, 8) },   { 41, KERNEL(4, 9) },
	{ 44, KERNEL(4, 10) },  { 45, KERNEL(4, 11) },  { 47, KERNEL(4, 12) },
	{ 50, KERNEL(4, 13) },  { 53, KERNEL(4, 14) },  { 57, KERNEL(4, 15) },
	{ 59, KERNEL(4, 16) },  { 64, KERNEL(4, 17) },  { 80, KERNEL(4, 18) },
	{ 83, KERNEL(4, 19) },  { 90, KERNEL(4, 20) },  { 92, KERNEL(5, 0) },
	{ 98, KERNEL(5, 1) },   { 108, KERNEL(5, 2) },  { 109, KERNEL(5, 3) },
	{ 110, KERNEL(5, 4) },  { 115, KERNEL(5, 5) },  { 119, KERNEL(5, 6) },
	{ 124, KERNEL(5, 7) },  { 135, KERNEL(5, 8) },  { 141, KERNEL(5, 9) },
	{ 155, KERNEL(5, 10) }, { 162, KERNEL(5, 11) }, { 163, KERNEL(5, 12) },
	{ 165, KERNEL(5, 13) }, { 168, KERNEL(5, 14) }, { 175, KERNEL(5, 15) },
	{ 179, KERNEL(5, 16) }, { 185, KERNEL(5, 17) }, { 193, KERNEL(5, 18) },
	{ 203, KERNEL(5, 19) }, { 207, KERNEL(6, 0) },  { 209, KERNEL(6, 1) },
	{ 211, KERNEL(6, 2) },
};

unsigned int inspect_helper_version(unsigned int id)
{
	for (size_t i = 0; id && i < LEN(helpers); i++)
		if (id <= helpers[i].last)
			return helpers[i].version;
	return 0;
}

/* By type, which is numbered in the same way. */
static const unsigned int maps[] = {
	[BPF_MAP_TYPE_HASH] = KERNEL(3, 19),
	[BPF_MAP_TYPE_ARRAY] = KERNEL(3, 19),
	[BPF_MAP_TYPE_PROG_ARRAY] = KERNEL(4, 2),
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = KERNEL(4, 3),
	[BPF_MAP_TYPE_PERCPU_HASH] = KERNEL(4, 6),
	[BPF_MAP_TYPE_PERCPU_ARRAY] = KERNEL(4, 6),
	[BPF_MAP_TYPE_STACK_TRACE] = KERNEL(4, 6),
	[BPF_MAP_TYPE_CGROUP_ARRAY] = KERNEL(4, 8),
	[BPF_MAP_TYPE_LRU_HASH] = KERNEL(4, 10),
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = KERNEL(4, 10),
	[BPF_MAP_TYPE_LPM_TRIE] = KERNEL(4, 11),
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = KERNEL(4, 12),
	[BPF_MAP_TYPE_HASH_OF_MAPS] = KERNEL(4, 12),
	[BPF_MAP_TYPE_DEVMAP] = KERNEL(4, 14),
	[BPF_MAP_TYPE_SOCKMAP] = KERNEL(4, 14),
	[BPF_MAP_TYPE_CPUMAP] = KERNEL(4, 15),
	[BPF_MAP_TYPE_XSKMAP] = KERNEL(4, 18),
	[BPF_MAP_TYPE_SOCKHASH] = KERNEL(4, 18),
	[BPF_MAP_TYPE_CGROUP_STORAGE] = KERNEL(4, 19),
	[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = KERNEL(4, 19),
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = KERNEL(4, 20),
	[BPF_MAP_TYPE_QUEUE] = KERNEL(4, 20),
	[BPF_MAP_TYPE_STACK] = KERNEL(4, 20),
	[BPF_MAP_TYPE_SK_STORAGE] = KERNEL(5, 2),
	[BPF_MAP_TYPE_DEVMAP_HASH] = KERNEL(5, 4),
	[BPF_MAP_TYPE_STRUCT_OPS] = KERNEL(5, 6),
	[BPF_MAP_TYPE_RINGBUF] = KERNEL(5, 8),
	[BPF_MAP_TYPE_INODE_STORAGE] = KERNEL(5, 10),
	[BPF_MAP_TYPE_TASK_STORAGE] = KERNEL(5, 11),
	[BPF_MAP_TYPE_BLOOM_FILTER] = KERNEL(5, 16),
	[BPF_MAP_TYPE_USER_RINGBUF] = KERNEL(6, 1),
	[32] = KERNEL(6, 2), /* cgrp_storage */
	[33] = KERNEL(6, 9), /* arena */
};

unsigned int inspect_map_version(__u32 type)
{
	return type < LEN(maps) ? maps[type] : 0;
}

struct named {
	const char *begin;
	unsigned int version;
};

/* By the begin of the section, the longer one first. */
static const struct named sections[] = {
	{ "fentry.s", KERNEL(5, 10) },
	{ "fexit.s", KERNEL(5, 10) },
	{ "fmod_ret.s", KERNEL(5, 10) },
	{ "fmod_ret", KERNEL(5, 7) },
	{ "iter", KERNEL(5, 8) },
	{ "lsm_cgroup", KERNEL(6, 0) },
	{ "lsm.s", KERNEL(5, 10) },
	{ "kprobe.multi", KERNEL(5, 18) },
	{ "kretprobe.multi", KERNEL(5, 18) },
};

static const unsigned int progs[] = {
	[BPF_PROG_TYPE_SOCKET_FILTER] = KERNEL(3, 19),
	[BPF_PROG_TYPE_KPROBE] = KERNEL(4, 1),
	[BPF_PROG_TYPE_TRACEPOINT] = KERNEL(4, 7),
	[BPF_PROG_TYPE_PERF_EVENT] = KERNEL(4, 9),
	[BPF_PROG_TYPE_CGROUP_SKB] = KERNEL(4, 10),
	[BPF_PROG_TYPE_CGROUP_SOCK] = KERNEL(4, 10),
	[BPF_PROG_TYPE_LWT_IN] = KERNEL(4, 10),
	[BPF_PROG_TYPE_LWT_OUT] = KERNEL(4, 10),
	[BPF_PROG_TYPE_LWT_XMIT] = KERNEL(4, 10),
	[BPF_PROG_TYPE_SOCK_OPS] = KERNEL(4, 13),
	[BPF_PROG_TYPE_SK_SKB] = KERNEL(4, 14),
	[BPF_PROG_TYPE_CGROUP_DEVICE] = KERNEL(4, 15),
	[BPF_PROG_TYPE_SK_MSG] = KERNEL(4, 17),
	[BPF_PROG_TYPE_RAW_TRACEPOINT] = KERNEL(4, 17),
	[BPF_PROG_TYPE_CGROUP_SOCK_ADDR] = KERNEL(4, 17),
	[BPF_PROG_TYPE_LWT_SEG6LOCAL] = KERNEL(4, 18),
	[BPF_PROG_TYPE_LIRC_MODE2] = KERNEL(4, 18),
	[BPF_PROG_TYPE_SK_REUSEPORT] = KERNEL(4, 19),
	[BPF_PROG_TYPE_FLOW_DISSECTOR] = KERNEL(4, 20),
	[BPF_PROG_TYPE_CGROUP_SYSCTL] = KERNEL(5, 2),
	[BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE] = KERNEL(5, 2),
	[BPF_PROG_TYPE_CGROUP_SOCKOPT] = KERNEL(5, 3),
	[BPF_PROG_TYPE_TRACING] = KERNEL(5, 5),
	[BPF_PROG_TYPE_STRUCT_OPS] = KERNEL(5, 6),
	[BPF_PROG_TYPE_EXT] = KERNEL(5, 6),
	[BPF_PROG_TYPE_LSM] = KERNEL(5, 7),
	[BPF_PROG_TYPE_SK_LOOKUP] = KERNEL(5, 9),
	[BPF_PROG_TYPE_SYSCALL] = KERNEL(5, 14),
	[32] = KERNEL(6, 4), /* netfilter */
};

/* Functions of the kernel for XDP and tc programs, by the begin of the name. */
static const struct named functions[] = {
	{ "bpf_xdp_metadata_rx_vlan_tag", KERNEL(6, 8) },
	{ "bpf_xdp_metadata_rx_", KERNEL(6, 3) },
	{ "bpf_xdp_ct_lookup", KERNEL(5, 18) },
	{ "bpf_skb_ct_lookup", KERNEL(5, 18) },
	{ "bpf_ct_release", KERNEL(5, 18) },
	{ "bpf_xdp_ct_alloc", KERNEL(6, 0) },
	{ "bpf_skb_ct_alloc", KERNEL(6, 0) },
	{ "bpf_ct_set_nat_info", KERNEL(6, 1) },
	{ "bpf_ct_", KERNEL(6, 0) },
	{ "bpf_dynptr_from_skb", KERNEL(6, 4) },
	{ "bpf_dynptr_from_xdp", KERNEL(6, 4) },
	{ "bpf_dynptr_slice", KERNEL(6, 4) },
	{ "bpf_xdp_get_xfrm_state", KERNEL(6, 8) },
	{ "bpf_xdp_xfrm_state_release", KERNEL(6, 8) },
};

static unsigned int find(const struct named *list, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (!strncmp(name, list[i].begin, strlen(list[i].begin)))
			return list[i].version;
	return 0;
}

unsigned int inspect_prog_version(enum bpf_prog_type type, const char *section)
{
	unsigned int version = find(sections, LEN(sections), section);

	return version ? version : type < LEN(progs) ? progs[type] : 0;
}

unsigned int inspect_function_version(const char *name)
{
	unsigned int version = find(functions, LEN(functions), name);

	return version ? version : KERNEL(5, 13); /* the first that had any */
}

/* Of the helpers that XDP and tc programs may call; a kernel before 5.8 adds ktime_get_ns. */
static const unsigned char gpl_helpers[] = {
	6,   22,  25,  35,  55,  69,  100, 110, 112, 113, 114, 115, 158, 163,
	165, 169, 170, 171, 172, 175, 176, 177, 191, 204, 205, 206, 207,
};

bool inspect_helper_is_gpl(unsigned int id)
{
	return id <= 255 && memchr(gpl_helpers, (int)id, LEN(gpl_helpers));
}

/* As the kernel compares them. */
bool inspect_license_is_gpl(const char *license)
{
	static const char *const known[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; license && i < LEN(known); i++)
		if (!strcmp(license, known[i]))
			return true;
	return false;
}

#define NAME(name) #name

static const char *const helper_names[] = { __BPF_FUNC_MAPPER(NAME) };

const char *inspect_helper_name(unsigned int id)
{
	return id && id < LEN(helper_names) ? helper_names[id] : NULL;
}
