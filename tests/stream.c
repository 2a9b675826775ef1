// SPDX-License-Identifier: GPL-2.0-or-later
/* stream - a TCP client and a server that sends back what it gets */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The server may not listen yet, and the way may not be there yet. */
#define CONNECT_SECONDS 10

static void die(const char *what)
{
	fprintf(stderr, "stream: cannot %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static struct addrinfo *resolve(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		                  .ai_family = strchr(host, ':') ? AF_INET6 : AF_INET };
	struct addrinfo *address;
	int err = getaddrinfo(host, port, &hints, &address);

	if (err) {
		fprintf(stderr, "stream: no address: %s\n", gai_strerror(err));
		exit(EXIT_FAILURE);
	}
	return address;
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0)
			die("send");
		bytes += n;
		len -= (size_t)n;
	}
}

/* Answer connections, one after the other, until killed. */
static void serve(const char *host, const char *port)
{
	struct addrinfo *address = resolve(host, port);
	int listener = socket(address->ai_family, SOCK_STREAM, 0), fd, one = 1;
	static char bytes[65536];
	ssize_t n;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (listener < 0 || bind(listener, address->ai_addr, address->ai_addrlen) ||
	    listen(listener, 8))
		die("listen");
	freeaddrinfo(address);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			write_all(fd, bytes, (size_t)n);
		close(fd);
	}
	die("accept");
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo *address = resolve(host, port);
	time_t end = time(NULL) + CONNECT_SECONDS;
	int fd;

	for (;;) {
		fd = socket(address->ai_family, SOCK_STREAM, 0);
		if (fd < 0)
			die("make a socket");
		if (!connect(fd, address->ai_addr, address->ai_addrlen))
			break;
		if (errno != ECONNREFUSED || time(NULL) > end)
			die("connect");
		close(fd);
		usleep(20000);
	}
	freeaddrinfo(address);
	return fd;
}

static char pattern(size_t at)
{
	return (char)(at * 31 + (at >> 12));
}

static void talk_out(int fd, size_t len)
{
	static char bytes[65536];

	for (size_t at = 0; at < len;) {
		size_t n = 0;

		while (n < sizeof(bytes) && at < len)
			bytes[n++] = pattern(at++);
		write_all(fd, bytes, n);
	}
	shutdown(fd, SHUT_WR);
}

/* Send so many bytes, and expect the same back. */
static void talk(const char *host, const char *port, size_t len)
{
	int fd = connect_to(host, port), status;
	static char bytes[65536];
	pid_t pid = fork();
	size_t at = 0;
	ssize_t n;

	if (pid < 0)
		die("fork");
	if (!pid) {
		talk_out(fd, len);
		_exit(EXIT_SUCCESS);
	}
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n; i++, at++) {
			if (bytes[i] != pattern(at)) {
				fprintf(stderr, "stream: byte %zu is wrong\n", at);
				exit(EXIT_FAILURE);
			}
		}
	}
	if (n < 0)
		die("receive");
	if (at != len) {
		fprintf(stderr, "stream: %zu of %zu bytes came back\n", at, len);
		exit(EXIT_FAILURE);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "serve")) {
		serve(argv[2], argv[3]);
	} else if (argc == 5 && !strcmp(argv[1], "talk")) {
		talk(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	} else {
		fprintf(stderr, "Usage: stream serve HOST PORT | talk HOST PORT BYTES\n");
		return 1;
	}
	return EXIT_SUCCESS;
}
