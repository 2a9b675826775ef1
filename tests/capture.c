// SPDX-License-Identifier: GPL-2.0-or-later
/* capture - print each frame that comes, one a line, in hexadecimal digits */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "capture: cannot %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static void print(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

/* The tag that the kernel took out stands behind the addresses again. */
static int print_frame(int fd)
{
	unsigned char frame[2048], control[256];
	struct iovec data = { frame, sizeof(frame) };
	struct sockaddr_ll from;
	struct msghdr m = { .msg_iov = &data,
		            .msg_iovlen = 1,
		            .msg_control = control,
		            .msg_controllen = sizeof(control),
		            .msg_name = &from,
		            .msg_namelen = sizeof(from) };
	ssize_t len = recvmsg(fd, &m, 0);

	if (len < 12)
		return failed("receive");
	if (from.sll_pkttype == PACKET_OUTGOING)
		return EXIT_SUCCESS;
	print(frame, 12);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		struct tpacket_auxdata *aux = (void *)CMSG_DATA(c);

		if (c->cmsg_type == PACKET_AUXDATA && aux->tp_status & TP_STATUS_VLAN_VALID)
			printf("%04x%04x", aux->tp_vlan_tpid, aux->tp_vlan_tci);
	}
	print(frame + 12, len - 12);
	putchar('\n');
	fflush(stdout);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd, one = 1, status = EXIT_SUCCESS;

	if (argc != 2) {
		fputs("Usage: capture IFNAME\n", stderr);
		return EXIT_FAILURE;
	}
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (!at.sll_ifindex || fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		return failed("open a packet socket");
	puts("ready");
	fflush(stdout);
	while (!status)
		status = print_frame(fd);
	return status;
}
