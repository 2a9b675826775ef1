/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program of both objects: drop every packet while the rule that is asked for is in the list,
 * else pass it; count both. A list of a million rules in another definition is carried over.
 */
static const __u32 asked = 999999; /* by migrate_world's numbers, the last of a million */

SEC("xdp")
int PROGRAM(struct xdp_md *ctx)
{
	struct RULE_KEY key = { .addr = asked * 7, .port = asked % 65536 };
	struct frames *frames;
	__u32 zero = 0;

	(void)ctx;
	frames = bpf_map_lookup_elem(&frames_seen, &zero);
	if (!frames)
		return XDP_ABORTED;
	if (bpf_map_lookup_elem(&rules, &key)) {
		frames->dropped++;
		return XDP_DROP;
	}
	frames->passed++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
