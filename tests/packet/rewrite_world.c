// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/log.h"
#include "tests/packet/rewrite_world.h"

struct twins twins;
static struct bpf_object *shown;
int tc_fd;
struct rules rules;

int open_twins(void **state)
{
	struct bpf_map *map;

	(void)state;
	log_init("test_rewrite", false);
	twins_open(&twins, "rewrite");
	rules.rules_fd = twins_map(&twins, REWRITE_RULES_MAP);
	rules.shapes_fd = twins_map(&twins, REWRITE_SHAPES_MAP);
	rules.hits_fd = twins_map(&twins, REWRITE_HITS_MAP);
	if (!twins.tc)
		return 0;
	shown = bpf_object__open_file("build/tests/bpf/rewrite_shown.o", NULL);
	assert_non_null(shown);
	bpf_object__for_each_map(map, shown)
		assert_int_equal(bpf_map__reuse_fd(map, twins_map(&twins, bpf_map__name(map))), 0);
	assert_int_equal(bpf_object__load(shown), 0);
	tc_fd = twins.tc_fd;
	twins.tc_fd = bpf_program__fd(bpf_object__next_program(shown, NULL));
	return 0;
}

int close_twins(void **state)
{
	(void)state;
	free(rules.list);
	bpf_object__close(shown);
	twins_close(&twins);
	return 0;
}

int no_rules(void **state)
{
	(void)state;
	assert_int_equal(rules_flush(&rules), 0);
	rules.len = 0;
	twins.tc_from = TWINS_LOOPBACK;
	return 0;
}

void add(const char *text)
{
	struct rule rule;

	if (try_rule(text, &rule) || rules_add(&rules, &rule, false))
		fail_msg("cannot add: %s", text);
}

void make(struct frame *f, const struct flow *flow, __u16 outer_protocol)
{
	frame_ethernet(f, flow->smac, flow->dmac);
	if (flow->outer != NONE)
		frame_vlan(f, outer_protocol, flow->outer);
	if (flow->inner != NONE)
		frame_vlan(f, ETH_P_8021Q, flow->inner);
	if (strchr(flow->src, ':'))
		frame_ip6(f, flow->src, flow->dst);
	else
		frame_ip4(f, flow->src, flow->dst);
	if (flow->protocol == IPPROTO_TCP)
		frame_tcp(f, flow->sport, flow->dport);
	else if (flow->protocol == IPPROTO_UDP)
		frame_udp(f, flow->sport, flow->dport);
	else if (flow->protocol == IPPROTO_ICMP)
		frame_icmp(f, 8, 0);
	else
		frame_icmp6(f, ICMPV6_ECHO_REQUEST, 0);
	frame_payload(f, 21);
	frame_finish(f);
}

void expect_out(const struct frame *in, const struct frame *wanted)
{
	struct frame out;

	assert_int_equal(twins_run(&twins, in, &out), VERDICT_PASS);
	assert_int_equal(out.len, wanted->len);
	assert_memory_equal(out.bytes, wanted->bytes, wanted->len);
}

void expect_flow(const struct flow *in, const struct flow *wanted)
{
	struct frame f, out;

	make(&f, in, ETH_P_8021Q);
	make(&out, wanted, ETH_P_8021Q);
	expect_out(&f, &out);
}

const struct flow flow4 = {
	NONE, NONE, MAC1, MAC2, "192.0.2.1", "192.0.2.2", IPPROTO_TCP, 1000, 80
};
const struct flow flow6 = { NONE,          NONE,        MAC1, MAC2, "2001:db8::1",
	                    "2001:db8::2", IPPROTO_TCP, 1000, 80 };
