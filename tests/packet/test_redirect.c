// SPDX-License-Identifier: GPL-2.0-or-later
/* redirect: which frames go, and what is written into them. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "objects/redirect.h"
#include "objects/stats.h"
#include "tests/packet/twins.h"
#include "tests/packet/world.h"

#define KNOWN       "02:00:00:00:00:0a"
#define UNKNOWN     "02:00:00:00:00:0b"
#define OLD         "02:00:00:00:00:01"
#define NEW         "02:00:00:00:00:bb"
#define FUZZ_ROUNDS 150000

static const __u32 zero;

static void set_devmap(struct bpf_object *obj, __u32 ifindex)
{
	int fd;

	if (!obj)
		return;
	fd = bpf_object__find_map_fd_by_name(obj, REDIRECT_PORT_MAP);
	if (ifindex)
		assert_int_equal(bpf_map_update_elem(fd, &zero, &ifindex, BPF_ANY), 0);
	else
		assert_int_equal(bpf_map_delete_elem(fd, &zero), 0);
}

static void set_mode(const struct twins *t, __u32 ifindex, bool plain)
{
	struct redirect_mode mode = { .ifindex = ifindex, .plain = plain };

	assert_int_equal(
		bpf_map_update_elem(twins_map(t, REDIRECT_MODE_MAP), &zero, &mode, BPF_ANY), 0);
}

static void set_port(const struct twins *t, __u32 ifindex)
{
	set_devmap(t->xdp, ifindex);
	set_devmap(t->frags, ifindex);
	set_mode(t, ifindex, false);
}

static struct redirect_mac mac(const char *text)
{
	struct redirect_mac out;

	assert_non_null(ether_aton_r(text, (struct ether_addr *)&out));
	return out;
}

static void add_pair(const struct twins *t, const char *source, const char *destination)
{
	struct redirect_mac from = mac(source), to = mac(destination);

	assert_int_equal(
		bpf_map_update_elem(twins_map(t, REDIRECT_PARAMS_MAP), &from, &to, BPF_ANY), 0);
}

static void make_frame(struct frame *f, const char *source)
{
	frame_ethernet(f, source, OLD);
	frame_vlan(f, 0x8100, 7);
	frame_ip4(f, "192.0.2.1", "192.0.2.2");
	frame_tcp(f, 1, 2);
	frame_payload(f, 33);
	frame_finish(f);
}

/* The frame passes as it came, at every length. */
static void expect_pass(const struct twins *t, const char *source)
{
	struct frame f, out;

	make_frame(&f, source);
	for (; f.len >= ETH_HLEN; f.len--) {
		assert_int_equal(twins_run(t, &f, &out), VERDICT_PASS);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
	}
}

/* It goes with the new destination, and nothing else is different, at every length. */
static void expect_send(const struct twins *t, const char *source, const char *destination)
{
	struct redirect_mac to = mac(destination);
	struct frame f, out;

	make_frame(&f, source);
	for (; f.len >= ETH_HLEN; f.len--) {
		assert_int_equal(twins_run(t, &f, &out), VERDICT_SEND);
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, &to, sizeof(to));
		assert_memory_equal(out.bytes + sizeof(to), f.bytes + sizeof(to),
		                    f.len - sizeof(to));
	}
}

static void test_without_a_port_all_pass(void **state)
{
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	expect_pass(&t, KNOWN);
	add_pair(&t, KNOWN, NEW);
	expect_pass(&t, KNOWN);
	twins_close(&t);
}

static void test_known_stations_go_through_the_devmap(void **state)
{
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	set_port(&t, world_ifindex("lo"));
	expect_pass(&t, KNOWN);
	add_pair(&t, KNOWN, NEW);
	expect_send(&t, KNOWN, NEW);
	expect_pass(&t, UNKNOWN);
	set_port(&t, 0);
	expect_pass(&t, KNOWN);
	twins_close(&t);
}

static void test_known_stations_go_plainly(void **state)
{
	struct frame f, out;
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	add_pair(&t, KNOWN, NEW);
	set_mode(&t, world_ifindex("lo"), true);
	expect_send(&t, KNOWN, NEW);
	expect_pass(&t, UNKNOWN);
	set_mode(&t, 0, true);
	expect_pass(&t, KNOWN);
	/* What only tc is told is not for XDP, which has the devmap. */
	set_mode(&t, world_ifindex("lo"), false);
	make_frame(&f, KNOWN);
	assert_int_equal(twins_run_xdp(&t, &f, &out), XDP_PASS);
	/* Not even what the devmap has. */
	set_port(&t, world_ifindex("lo"));
	set_mode(&t, 0, true);
	expect_pass(&t, KNOWN);
	twins_close(&t);
}

/* As other tools fill them in, which know nothing of a mode. */
static void test_the_devmap_alone_is_enough_for_xdp(void **state)
{
	struct frame f, out;
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	add_pair(&t, KNOWN, NEW);
	set_devmap(t.xdp, world_ifindex("lo"));
	make_frame(&f, KNOWN);
	assert_int_equal(twins_run_xdp(&t, &f, &out), XDP_REDIRECT);
	make_frame(&f, UNKNOWN);
	assert_int_equal(twins_run_xdp(&t, &f, &out), XDP_PASS);
	twins_close(&t);
}

/* A devmap forgets an interface that goes: no frame is lost to a number. */
static void test_frames_pass_when_the_port_is_gone(void **state)
{
	struct frame f, out;
	struct twins t;

	(void)state;
	world_do("ip link add gone type veth peer name gone2");
	twins_open(&t, "redirect");
	add_pair(&t, KNOWN, NEW);
	set_port(&t, world_ifindex("gone"));
	expect_send(&t, KNOWN, NEW);
	world_do("ip link del gone");
	make_frame(&f, KNOWN);
	assert_int_equal(twins_run_xdp(&t, &f, &out), XDP_PASS);
	assert_memory_equal(out.bytes, f.bytes, f.len);
	twins_close(&t);
}

static void test_the_devmap_refuses_an_interface_that_is_none(void **state)
{
	__u32 none = 0x7ffffff0;
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	assert_int_equal(
		bpf_map_update_elem(twins_map(&t, REDIRECT_PORT_MAP), &zero, &none, BPF_ANY),
		-EINVAL);
	twins_close(&t);
}

static void test_each_of_many_stations_has_its_destination(void **state)
{
	struct redirect_mac from = mac(KNOWN), to = mac(NEW);
	struct frame f, out;
	struct twins t;

	(void)state;
	twins_open(&t, "redirect");
	set_port(&t, world_ifindex("lo"));
	for (int i = 0; i < REDIRECT_FLOWS; i++) {
		memcpy(from.bytes + 2, &i, sizeof(i));
		memcpy(to.bytes + 1, &i, sizeof(i));
		assert_int_equal(bpf_map_update_elem(twins_map(&t, REDIRECT_PARAMS_MAP), &from, &to,
		                                     BPF_NOEXIST),
		                 0);
	}
	make_frame(&f, KNOWN);
	for (int i = 0; i < REDIRECT_FLOWS; i++) {
		memcpy(f.bytes + 6 + 2, &i, sizeof(i));
		memcpy(to.bytes + 1, &i, sizeof(i));
		assert_int_equal(twins_run(&t, &f, &out), VERDICT_SEND);
		assert_memory_equal(out.bytes, &to, sizeof(to));
	}
	twins_close(&t);
}

static void test_what_is_sent_is_counted_by_action_and_for_a_flow_that_asks(void **state)
{
	struct redirect_mac from = mac(KNOWN);
	struct stats_record zeros[1024] = {}, values[1024];
	__u64 packets = 0, bytes = 0;
	struct twins t;
	struct frame f;
	int flows;

	(void)state;
	twins_open(&t, "redirect");
	set_port(&t, world_ifindex("lo"));
	add_pair(&t, KNOWN, NEW);
	flows = twins_map(&t, REDIRECT_FLOWS_MAP);
	make_frame(&f, KNOWN);
	assert_int_equal(twins_run(&t, &f, NULL), VERDICT_SEND);
	assert_int_equal(bpf_map_lookup_elem(flows, &from, values), -ENOENT);
	assert_int_equal(bpf_map_update_elem(flows, &from, zeros, BPF_ANY), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(twins_run(&t, &f, NULL), VERDICT_SEND);
	make_frame(&f, UNKNOWN);
	assert_int_equal(twins_run(&t, &f, NULL), VERDICT_PASS);
	assert_int_equal(bpf_map_lookup_elem(flows, &from, values), 0);
	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		packets += values[cpu].rx_packets;
		bytes += values[cpu].rx_bytes;
	}
	/* Each of the three programs counted three. */
	assert_int_equal(packets, 9);
	assert_int_equal(bytes, 9 * f.len);
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), XDP_REDIRECT, 0), 4);
	assert_int_equal(map_sum(twins_map(&t, XDP_STATS_MAP), XDP_PASS, 0), 1);
	assert_int_equal(map_sum(twins_map(&t, TC_STATS_MAP), TC_ACT_REDIRECT, 0), 4);
	assert_int_equal(map_sum(twins_map(&t, TC_STATS_MAP), TC_STATS_UNSPEC, 0), 1);
	twins_close(&t);
}

/* Random bytes, of which every third frame comes from a known station. */
static void test_random_frames_go_unchanged_but_for_the_destination(void **state)
{
	struct redirect_mac from = mac(KNOWN), to = mac(NEW);
	const int frames = twins_frames(FUZZ_ROUNDS);
	struct frame f = {}, out;
	struct twins t;

	(void)state;
	world_seed(20261);
	twins_open(&t, "redirect");
	set_port(&t, world_ifindex("lo"));
	add_pair(&t, KNOWN, NEW);
	for (int round = 0; round < frames; round++) {
		bool known = round % 3 == 0;

		f.len = ETH_HLEN + world_random() % 120;
		for (size_t i = 0; i < f.len; i++)
			f.bytes[i] = (__u8)world_random();
		f.bytes[6] |= 0x80; /* none of these is the known one */
		if (known)
			memcpy(f.bytes + 6, &from, sizeof(from));
		assert_int_equal(twins_run(&t, &f, &out), known ? VERDICT_SEND : VERDICT_PASS);
		if (known)
			memcpy(f.bytes, &to, sizeof(to));
		assert_int_equal(out.len, f.len);
		assert_memory_equal(out.bytes, f.bytes, f.len);
	}
	twins_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_port_all_pass),
		cmocka_unit_test(test_known_stations_go_through_the_devmap),
		cmocka_unit_test(test_known_stations_go_plainly),
		cmocka_unit_test(test_the_devmap_alone_is_enough_for_xdp),
		cmocka_unit_test(test_frames_pass_when_the_port_is_gone),
		cmocka_unit_test(test_the_devmap_refuses_an_interface_that_is_none),
		cmocka_unit_test(test_each_of_many_stations_has_its_destination),
		cmocka_unit_test(test_what_is_sent_is_counted_by_action_and_for_a_flow_that_asks),
		cmocka_unit_test(test_random_frames_go_unchanged_but_for_the_destination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
