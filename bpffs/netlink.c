// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <linux/netlink.h>
#include "bpffs/netlink.h"

/* A dump message can be as long as this (NLMSG_GOODSIZE allows 32 KiB). */
#define ANSWER_SIZE (64 * 1024)

static int receive(struct mnl_socket *socket, unsigned int seq, mnl_cb_t cb, void *arg)
{
	unsigned int port = mnl_socket_get_portid(socket);
	char *answer = malloc(ANSWER_SIZE);
	int more = MNL_CB_OK, err = 0;
	ssize_t len;

	if (!answer)
		return -ENOMEM;
	while (!err && more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(socket, answer, ANSWER_SIZE);
		if (len < 0) {
			err = -errno;
			break;
		}
		more = mnl_cb_run(answer, len, seq, port, cb, arg);
		if (more < 0)
			err = -errno;
	}
	free(answer);
	return err;
}

int netlink_ask(struct nlmsghdr *request, mnl_cb_t cb, void *arg)
{
	static unsigned int seq;
	struct mnl_socket *socket;
	int err = 0;

	socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket)
		return -errno;
	request->nlmsg_seq = ++seq;
	request->nlmsg_flags |= NLM_F_REQUEST;
	/* A single answer ends with its acknowledgement, a dump with NLMSG_DONE. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		err = -errno;
	else
		err = receive(socket, request->nlmsg_seq, cb, arg);
	mnl_socket_close(socket);
	return err;
}
