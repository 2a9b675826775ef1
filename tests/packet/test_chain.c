// SPDX-License-Identifier: GPL-2.0-or-later
/* What the programs of the store hand on, to whom, and what they then count. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "objects/chain.h"
#include "objects/stats.h"
#include "tests/packet/twins.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define PACKETS    offsetof(struct stats_record, rx_packets)
#define BYTES      offsetof(struct stats_record, rx_bytes)

/* All that hand on what they have nothing against, which without settings is any packet. */
static const char *const names[] = {
	"chain", "parse", "acl", "ratelimit", "rewrite", "echo", "redirect", "forward",
};

/* One of the builds, and what its maps and actions are called. */
struct build {
	const struct bpf_object *obj;
	const char *stats, *link, *went;
	int follower; /* a program that drops */
	int pass, drop;
	__u32 pass_slot;
	int (*run)(const struct twins *t, const struct frame *in, struct frame *out);
};

static int run_frags(const struct twins *t, const struct frame *in, struct frame *out)
{
	const struct twins frags = { .xdp_fd = t->frags_fd, .ifindex = t->ifindex };

	return twins_run_xdp(&frags, in, out);
}

static int map_of(const struct build *b, const char *name, const char *suffix)
{
	char full[32];
	int fd;

	snprintf(full, sizeof(full), "%s%s", name, suffix);
	fd = bpf_object__find_map_fd_by_name(b->obj, full);
	if (fd < 0)
		fail_msg("%s has no map %s", bpf_object__name(b->obj), full);
	return fd;
}

static void expect_counted(int map, __u32 slot, __u64 packets, __u64 bytes)
{
	assert_int_equal(map_sum(map, slot, PACKETS), packets);
	assert_int_equal(map_sum(map, slot, BYTES), bytes);
}

static void hand_on(const char *name, const struct twins *t, const struct build *b,
                    const struct frame *f)
{
	int link = map_of(b, name, b->link), went = map_of(b, name, b->went);
	int stats = map_of(b, b->stats, "");
	struct frame out;
	__u32 zero = 0;

	/* Alone: its own verdict, counted by itself, and nothing as handed on. */
	assert_int_equal(b->run(t, f, &out), b->pass);
	expect_counted(stats, b->pass_slot, 1, f->len);
	expect_counted(went, 0, 0, 0);
	/* Followed: the follower's verdict, and nothing under its own. */
	assert_int_equal(bpf_map_update_elem(link, &zero, &b->follower, BPF_ANY), 0);
	assert_int_equal(b->run(t, f, &out), b->drop);
	expect_counted(stats, b->pass_slot, 1, f->len);
	expect_counted(went, 0, 1, f->len);
	/* The packet goes on as it came. */
	assert_int_equal(out.len, f->len);
	assert_memory_equal(out.bytes, f->bytes, f->len);
	assert_int_equal(bpf_map_delete_elem(link, &zero), 0);
	assert_int_equal(b->run(t, f, &out), b->pass);
	expect_counted(stats, b->pass_slot, 2, 2 * f->len);
	expect_counted(went, 0, 1, f->len);
}

static void make_tagged_tcp4(struct frame *f)
{
	frame_ethernet(f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	frame_vlan(f, 0x8100, 5);
	frame_ip4_options(f, "192.0.2.1", "192.0.2.2", 8);
	frame_tcp(f, 1, 2);
	frame_payload(f, 9);
	frame_finish(f);
}

static void make_extended_udp6(struct frame *f)
{
	frame_ethernet(f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	frame_ip6(f, "2001:db8::1", "2001:db8::2");
	frame_extension(f, 60, 16);
	frame_udp(f, 1, 2);
	frame_payload(f, 9);
	frame_finish(f);
}

/* Run a build on a frame cut at every length, from whole to 14 bytes; all have the same action. */
static void run_cut(const struct twins *t, const struct build *b, struct frame f, int action,
                    struct stats_record *sum)
{
	struct frame out;

	for (; f.len >= 14; f.len--) {
		if (b->obj == t->tc && !twins_tc_takes(&f))
			continue;
		if (b->run(t, &f, &out) != action)
			fail_msg("%s, %zu bytes: another action than %d", bpf_object__name(b->obj),
			         f.len, action);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
		sum->rx_packets++;
		sum->rx_bytes += f.len;
	}
}

static void hand_on_cut(const char *name, const struct twins *t, const struct build *b,
                        const struct frame *f)
{
	int link = map_of(b, name, b->link), went = map_of(b, name, b->went);
	struct stats_record passed = {}, handed = {};
	__u32 zero = 0;

	map_clear(went);
	map_clear(map_of(b, b->stats, ""));
	run_cut(t, b, *f, b->pass, &passed);
	assert_int_equal(bpf_map_update_elem(link, &zero, &b->follower, BPF_ANY), 0);
	run_cut(t, b, *f, b->drop, &handed);
	assert_int_equal(bpf_map_delete_elem(link, &zero), 0);
	assert_true(handed.rx_packets > 30);
	expect_counted(map_of(b, b->stats, ""), b->pass_slot, passed.rx_packets, passed.rx_bytes);
	expect_counted(went, 0, handed.rx_packets, handed.rx_bytes);
}

static void with_each_build(const struct frame *frames, size_t count,
                            void (*test)(const char *name, const struct twins *t,
                                         const struct build *b, const struct frame *f))
{
	struct twins t, drop;

	twins_open(&drop, "drop");
	for (size_t i = 0; i < LEN(names); i++) {
		twins_open(&t, names[i]);
		const struct build builds[] = {
			{ t.xdp, XDP_STATS_MAP, CHAIN_XDP_LINK, CHAIN_XDP_COUNTER, drop.xdp_fd,
			  XDP_PASS, XDP_DROP, XDP_PASS, twins_run_xdp },
			{ t.frags, XDP_STATS_MAP, CHAIN_XDP_LINK, CHAIN_XDP_COUNTER, drop.frags_fd,
			  XDP_PASS, XDP_DROP, XDP_PASS, run_frags },
			{ t.tc, TC_STATS_MAP, CHAIN_TC_LINK, CHAIN_TC_COUNTER, drop.tc_fd,
			  TC_ACT_UNSPEC, TC_ACT_SHOT, TC_STATS_UNSPEC, twins_run_tc },
		};

		for (size_t j = 0; j < LEN(builds); j++) {
			if (!builds[j].obj)
				continue;
			print_message("%s\n", bpf_object__name(builds[j].obj));
			/* The twins share what they handed on only if it is of the same hook. */
			map_clear(map_of(&builds[j], names[i], builds[j].went));
			for (size_t k = 0; k < count; k++)
				test(names[i], &t, &builds[j], &frames[k]);
		}
		twins_close(&t);
	}
	twins_close(&drop);
}

static void test_each_hands_on_what_it_lets_pass_and_counts_it_once(void **state)
{
	static struct frame f;

	(void)state;
	frame_ethernet(&f, "02:00:00:00:00:01", "02:00:00:00:00:02");
	frame_ip4(&f, "192.0.2.1", "192.0.2.2");
	frame_udp(&f, 1, 2);
	frame_payload(&f, 33);
	frame_finish(&f);
	with_each_build(&f, 1, hand_on);
}

/* What is cut is nobody's business, and handed on as it is. */
static void test_each_hands_on_a_frame_cut_at_any_length(void **state)
{
	static struct frame frames[2];

	(void)state;
	make_tagged_tcp4(&frames[0]);
	make_extended_udp6(&frames[1]);
	with_each_build(frames, LEN(frames), hand_on_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_hands_on_what_it_lets_pass_and_counts_it_once),
		cmocka_unit_test(test_each_hands_on_a_frame_cut_at_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
