// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * send_hex - put frames on the wire as they stand, one a line of stdin in hexadecimal digits,
 * padded with zeros to SIZE bytes. The kernel keeps only the Ethernet header of a frame above a
 * page in one piece with the rest in others: such a frame is received in pieces as well.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MAX 65536

static int failed(const char *what, const char *on)
{
	fprintf(stderr, "send_hex: cannot %s on %s: %s\n", what, on, strerror(errno));
	return EXIT_FAILURE;
}

static size_t read_frame(const char *line, unsigned char frame[FRAME_MAX])
{
	size_t len = 0;

	while (len < FRAME_MAX) {
		while (isspace((unsigned char)*line))
			line++;
		if (sscanf(line, "%2hhx", &frame[len]) != 1)
			break;
		len++;
		line += 2;
	}
	return len;
}

int main(int argc, char **argv)
{
	static unsigned char frame[FRAME_MAX];
	static char line[3 * FRAME_MAX];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	size_t size, len;
	int fd;

	if (argc < 2 || argc > 3) {
		fputs("Usage: send_hex IFNAME [SIZE] < FRAMES\n", stderr);
		return EXIT_FAILURE;
	}
	size = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (!to.sll_ifindex)
		return failed("send", argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return failed("open a packet socket", argv[1]);
	while (fgets(line, sizeof(line), stdin)) {
		memset(frame, 0, sizeof(frame));
		len = read_frame(line, frame);
		if (len < size)
			len = size;
		if (sendto(fd, frame, len, 0, (void *)&to, sizeof(to)) < 0)
			return failed("send", argv[1]);
	}
	return EXIT_SUCCESS;
}
