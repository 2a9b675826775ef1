/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An XDP program and its tc twin, which share their maps as they do on an interface, run on packets
 * by BPF_PROG_TEST_RUN. For cmocka: what cannot be set up or run fails the test.
 */
#ifndef TESTS_PACKET_TWINS_H
#define TESTS_PACKET_TWINS_H

#include <linux/types.h>
#include "objects/stats.h"
#include "tests/packet/frame.h"

struct bpf_object;

enum verdict {
	VERDICT_PASS,
	VERDICT_DROP,
	VERDICT_SEND, /* back, or elsewhere: XDP_TX, XDP_REDIRECT, TC_ACT_REDIRECT */
};

struct twins {
	struct bpf_object *xdp, *frags, *tc; /* any may be NULL: it has no such twin */
	int xdp_fd, frags_fd, tc_fd;
	__u32 ifindex; /* see twins_move() */
	__u32 tc_from; /* TWINS_LOOPBACK: tc programs run as on ingress; 0: as on egress */
};

/* The kernel's test run has its packets on this interface; it says where they came from. */
#define TWINS_LOOPBACK 1

/*
 * Load objects/xdp_NAME.o, objects/xdp_NAME_frags.o and objects/tc_NAME.o, as far as they exist and
 * the kernel has such programs; at least one does. Maps of the same name are one map, but for the
 * statistics maps and for devmaps, cpumaps and program arrays. Where the kernel's test run cannot
 * be told that packets came in, as 5.10's cannot, tc programs run as on egress, and one that looks
 * at this is left out: tc is NULL.
 */
void twins_open(struct twins *t, const char *name);
void twins_close(struct twins *t);

/*
 * Frames come in on that interface, instead of on the loopback interface. XDP takes only one that
 * has a native program. Where the kernel's test run cannot be told so of XDP, the XDP twins are
 * left out.
 */
void twins_move(struct twins *t, __u32 ifindex);

/* A map of the twins by its full name; of tc_stats_map that of the tc twin. */
int twins_map(const struct twins *t, const char *name);

/* What one of the programs does to a frame: its action, and the frame after it. */
int twins_run_xdp(const struct twins *t, const struct frame *in, struct frame *out);
int twins_run_tc(const struct twins *t, const struct frame *in, struct frame *out);

/* tc's on a frame that stands for several, each with gso_size bytes of payload. */
int twins_run_gso(const struct twins *t, const struct frame *in, struct frame *out, __u32 gso_size);

/*
 * The kernel's test run takes frames of 14 bytes and more; for tc, only with the whole fixed IP
 * header, if the EtherType says that there is one.
 */
bool twins_tc_takes(const struct frame *in);

/*
 * Run each of the twins on the frame: they must agree on the verdict, and on the frame after it.
 * The tc twin is left out where twins_tc_takes() says so. out may be NULL.
 */
enum verdict twins_run(const struct twins *t, const struct frame *in, struct frame *out);

/* Zero all that was counted in a per-CPU array, and the sum of one __u64 of a slot over all CPUs.
 */
void map_clear(int fd);
__u64 map_sum(int fd, __u32 slot, size_t offset);

/* What a per-CPU hash map of struct stats_record has under a key, over all CPUs; or zeros. */
struct stats_record map_record(int fd, const void *key);

/*
 * How many random frames a test sends: this many, or what the environment's FRAMES says if that is
 * less, for a machine on which each test run takes long.
 */
int twins_frames(int most);

#endif
