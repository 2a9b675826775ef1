// SPDX-License-Identifier: GPL-2.0-or-later
/* send - put exactly so many frames of one length on the wire */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Reserved for local experiments (IEEE 802): no stack answers it. */
#define EXPERIMENTAL 0x88b5
#define FRAME_MAX    65536

static int failed(const char *what, const char *on)
{
	fprintf(stderr, "send: cannot %s on %s: %s\n", what, on, strerror(errno));
	return EXIT_FAILURE;
}

/* Frames that the interface has dropped instead of sending: a receiver's queue was full. */
static bool dropped(const char *ifname, unsigned long long *count)
{
	char line[512], name[32];
	bool found = false;
	FILE *f = fopen("/proc/net/dev", "r");

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, " %31[^:]: %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %llu",
		               name, count) == 2 &&
		        strcmp(name, ifname) == 0;
	fclose(f);
	return found;
}

int main(int argc, char **argv)
{
	static unsigned char frame[FRAME_MAX];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	struct ether_header *eth = (struct ether_header *)frame;
	unsigned long long before, after;
	unsigned long left, i, size;
	int fd, rounds = 0;

	if (argc < 4 || argc > 6) {
		fputs("Usage: send IFNAME MAC COUNT [SIZE [SOURCE]]\n", stderr);
		return EXIT_FAILURE;
	}
	left = strtoul(argv[3], NULL, 10);
	size = argc > 4 ? strtoul(argv[4], NULL, 10) : 100;
	if (size < ETH_HLEN || size > sizeof(frame) ||
	    !ether_aton_r(argv[2], (void *)eth->ether_dhost) ||
	    !ether_aton_r(argc > 5 ? argv[5] : "02:00:00:00:00:00", (void *)eth->ether_shost)) {
		fputs("send: MAC, SIZE or SOURCE makes no frame\n", stderr);
		return EXIT_FAILURE;
	}
	eth->ether_type = htons(EXPERIMENTAL);
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (!to.sll_ifindex)
		return failed("send", argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return failed("open a packet socket", argv[1]);

	while (left) {
		if (!dropped(argv[1], &before))
			return failed("read the counters of /proc/net/dev", argv[1]);
		for (i = 0; i < left; i++)
			if (sendto(fd, frame, size, 0, (void *)&to, sizeof(to)) < 0 &&
			    errno != ENOBUFS)
				return failed("send", argv[1]);
		dropped(argv[1], &after);
		if (after - before >= left && ++rounds > 1000) {
			errno = ENOBUFS;
			return failed("send", argv[1]);
		}
		left = after - before;
	}
	return EXIT_SUCCESS;
}
