// SPDX-License-Identifier: GPL-2.0-or-later
/* load_frames - put frames on the wire as fast as the kernel can, until SIGTERM */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include "tests/bench/live.h"

#define EXPERIMENTAL 0x88b5 /* as tests/send.c: no stack answers it */
#define FRAME_SIZE   100

#define FRAMES_AT_ONCE 16384

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int failed(const char *what, const char *on)
{
	fprintf(stderr, "load_frames: cannot %s on %s: %s\n", what, on, strerror(errno));
	return EXIT_FAILURE;
}

/* Where test runs send no frames, before 5.18: one by one, which is slower. */
static int send_frames(const char *ifname, int ifindex, const void *frame)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		                  .sll_halen = ETH_ALEN,
		                  .sll_ifindex = ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		return failed("open a packet socket", ifname);
	/* What a full queue of the receiver drops is not sent: ENOBUFS. */
	while (!stopped)
		if (sendto(fd, frame, FRAME_SIZE, 0, (const struct sockaddr *)&to, sizeof(to)) <
		            0 &&
		    errno != ENOBUFS && errno != EINTR)
			return failed("send", ifname);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_TX },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static unsigned char frame[FRAME_SIZE];
	struct ether_header *eth = (struct ether_header *)frame;
	int fd, ifindex, err;

	if (argc != 3 || !ether_aton_r(argv[2], (void *)eth->ether_dhost)) {
		fputs("Usage: load_frames IFNAME MAC\n", stderr);
		return EXIT_FAILURE;
	}
	signal(SIGTERM, stop);
	eth->ether_shost[0] = 2;
	eth->ether_type = htons(EXPERIMENTAL);
	ifindex = (int)if_nametoindex(argv[1]);
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "load_frames", "GPL", insns,
	                   sizeof(insns) / sizeof(insns[0]), NULL);
	if (fd < 0)
		return failed("load a program that sends", argv[1]);
	while (!stopped) {
		err = live_run(fd, ifindex, frame, sizeof(frame), FRAMES_AT_ONCE);
		if (err == -EINVAL)
			return send_frames(argv[1], ifindex, frame);
		if (err) {
			errno = -err;
			return failed("send", argv[1]);
		}
	}
	return EXIT_SUCCESS;
}
