// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tests/bpf/tag_beside.h"
#include "tests/packet/beside.h"

void beside_open(struct beside *b, const struct twins *t)
{
	__u32 zero = 0;
	int tested_fd;

	memset(b, 0, sizeof(*b));
	b->obj = bpf_object__open_file("build/tests/bpf/tag_beside.o", NULL);
	assert_non_null(b->obj);
	assert_int_equal(bpf_object__load(b->obj), 0);
	b->tag_fd = bpf_object__find_map_fd_by_name(b->obj, "tag");
	tested_fd = bpf_object__find_map_fd_by_name(b->obj, "tested");
	assert_int_equal(bpf_map_update_elem(tested_fd, &zero, &t->tc_fd, BPF_ANY), 0);
	b->tagged = (struct twins){ .tc_from = t->tc_from, .ifindex = t->ifindex };
	b->tagged.tc_fd = bpf_program__fd(bpf_object__next_program(b->obj, NULL));
}

void beside_close(struct beside *b)
{
	bpf_object__close(b->obj);
}

int beside_run(const struct beside *b, const struct frame *in, __u16 protocol, __u16 tci,
               struct frame *out)
{
	struct tag_beside tag = { .protocol = protocol, .tci = tci };
	__u32 zero = 0;
	int action;

	assert_int_equal(bpf_map_update_elem(b->tag_fd, &zero, &tag, BPF_ANY), 0);
	action = twins_run_tc(&b->tagged, in, out);
	assert_int_not_equal(action, TAG_BESIDE_FAILED);
	return action;
}

void beside_insert(struct frame *f, __u16 protocol, __u16 tci)
{
	__be16 tag[] = { htons(protocol), htons(tci) };
	__u8 *at = f->bytes + 2 * ETH_ALEN;

	assert_true(f->len + sizeof(tag) <= sizeof(f->bytes));
	memmove(at + sizeof(tag), at, f->len - 2 * ETH_ALEN);
	memcpy(at, tag, sizeof(tag));
	f->len += sizeof(tag);
}

static void shift(__u16 *offset, int by)
{
	if (*offset != PROBE_NOTHING)
		*offset += by;
}

void beside_oracle(const struct frame *f, __u16 protocol, __u16 tci, struct probe *expected)
{
	struct frame tagged = *f;

	beside_insert(&tagged, protocol, tci);
	oracle_parse(tagged.bytes, tagged.len, expected);
	expected->bytes -= 4;
	shift(&expected->ip4, -4);
	shift(&expected->ip6, -4);
	shift(&expected->tcp, -4);
	shift(&expected->udp, -4);
	shift(&expected->icmp, -4);
}
