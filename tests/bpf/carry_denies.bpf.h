/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of carry1 and carry2 do with their maps, behind either's definition of them. */
#ifndef CARRY_DENIES_BPF_H
#define CARRY_DENIES_BPF_H

static __always_inline int carry_denies(void)
{
	struct frames *frames;
	struct rule *rule;
	__u32 key = 0;

	frames = bpf_map_lookup_elem(&frames_seen, &key);
	rule = bpf_map_lookup_elem(&deny_list, &key);
	if (!frames)
		return 1;
	if (rule && rule->verdict) {
		frames->dropped++;
		return 1;
	}
	frames->passed++;
	return 0;
}

#endif
