// SPDX-License-Identifier: GPL-2.0-only
/* Packets pass, after a look into each of 48 maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* clang-format off */
#define MAP(name)                                                                                  \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u32);                                                              \
	} name SEC(".maps");
#define LOOK(name) bpf_map_lookup_elem(&name, &key);
#define FOUR(what, name)    what(name##a) what(name##b) what(name##c) what(name##d)
#define SIXTEEN(what, name) FOUR(what, name##a) FOUR(what, name##b) FOUR(what, name##c)            \
	FOUR(what, name##d)
#define EACH(what) SIXTEEN(what, many_x) SIXTEEN(what, many_y) SIXTEEN(what, many_z)
/* clang-format on */

EACH(MAP)

SEC("xdp")
int reads_all(struct xdp_md *ctx)
{
	__u32 key = 0;

	(void)ctx;
	EACH(LOOK)
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
