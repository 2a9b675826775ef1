// SPDX-License-Identifier: GPL-2.0-or-later
/* serve - send back what comes, over TCP or UDP, after the address and port it came from */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "serve: cannot %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

/* "10.0.0.2 33001: " */
static size_t begin(char *to, size_t size, const struct sockaddr_storage *from, socklen_t len)
{
	char host[64], port[16];

	if (getnameinfo((const void *)from, len, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV))
		return 0;
	return snprintf(to, size, "%s %s: ", host, port);
}

static int serve_udp(int fd)
{
	struct sockaddr_storage from;
	char bytes[65536 + 128];

	for (;;) {
		socklen_t len = sizeof(from);
		char data[65536];
		ssize_t got = recvfrom(fd, data, sizeof(data), 0, (void *)&from, &len);
		size_t head;

		if (got < 0)
			return failed("receive");
		head = begin(bytes, 128, &from, len);
		memcpy(bytes + head, data, got);
		if (sendto(fd, bytes, head + got, 0, (void *)&from, len) < 0)
			return failed("send");
	}
}

/* One connection after the other. */
static int serve_tcp(int fd)
{
	struct sockaddr_storage from;
	char bytes[65536];

	if (listen(fd, 8))
		return failed("listen");
	for (;;) {
		socklen_t len = sizeof(from);
		int one = accept(fd, (void *)&from, &len);
		ssize_t got;

		if (one < 0)
			return failed("accept");
		got = begin(bytes, sizeof(bytes), &from, len);
		do {
			for (ssize_t done = 0, n; done < got; done += n) {
				n = write(one, bytes + done, got - done);
				if (n < 0)
					return failed("write");
			}
			got = read(one, bytes, sizeof(bytes));
		} while (got > 0);
		close(one);
	}
}

int main(int argc, char **argv)
{
	struct addrinfo want = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE }, *at;
	int fd, one = 1, tcp;

	if (argc != 4 || (strcmp(argv[1], "tcp") && strcmp(argv[1], "udp"))) {
		fputs("Usage: serve tcp|udp ADDRESS PORT\n", stderr);
		return EXIT_FAILURE;
	}
	tcp = !strcmp(argv[1], "tcp");
	want.ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM;
	if (getaddrinfo(argv[2], argv[3], &want, &at)) {
		errno = EINVAL;
		return failed("find the address");
	}
	fd = socket(at->ai_family, want.ai_socktype, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, at->ai_addr, at->ai_addrlen))
		return failed("bind");
	freeaddrinfo(at);
	return tcp ? serve_tcp(fd) : serve_udp(fd);
}
