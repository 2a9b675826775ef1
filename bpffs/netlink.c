// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <linux/netlink.h>
#include "bpffs/netlink.h"

/* A dump message can be as long as this (NLMSG_GOODSIZE allows 32 KiB). */
#define ANSWER_SIZE (64 * 1024)

static int open_socket(struct netlink *netlink)
{
	int err;

	if (netlink->socket)
		return 0;
	netlink->answer = malloc(ANSWER_SIZE);
	if (!netlink->answer)
		return -ENOMEM;
	netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (netlink->socket && mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) >= 0)
		return 0;
	err = -errno;
	netlink_close(netlink);
	return err;
}

/* single: the answer is one message, which no other follows. */
static int receive(struct netlink *netlink, unsigned int seq, bool single, mnl_cb_t cb, void *arg)
{
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	int more = MNL_CB_OK;
	ssize_t len;

	while (more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(netlink->socket, netlink->answer, ANSWER_SIZE);
		if (len < 0)
			return -errno;
		more = mnl_cb_run(netlink->answer, len, seq, port, cb, arg);
		if (more < 0)
			return -errno;
		if (single)
			break;
	}
	return 0;
}

int netlink_request(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t cb, void *arg)
{
	bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	static unsigned int seq;
	int err = open_socket(netlink);

	if (err)
		return err;
	request->nlmsg_seq = ++seq;
	request->nlmsg_flags |= NLM_F_REQUEST;
	if (!cb)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		err = -errno;
	else
		err = receive(netlink, request->nlmsg_seq, !dump, cb, arg);
	/* What is left of the answer is not to be taken for that of the next request. */
	if (err)
		netlink_close(netlink);
	return err;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		mnl_socket_close(netlink->socket);
	free(netlink->answer);
	netlink->socket = NULL;
	netlink->answer = NULL;
}

int netlink_netns(struct netlink *netlink, struct netns_id *id)
{
	int err = netlink->has_netns ? 0 : netns_current(&netlink->netns);

	if (err)
		return err;
	netlink->has_netns = true;
	*id = netlink->netns;
	return 0;
}

int netlink_ask(struct nlmsghdr *request, mnl_cb_t cb, void *arg)
{
	struct netlink netlink = {};
	int err = netlink_request(&netlink, request, cb, arg);

	netlink_close(&netlink);
	return err;
}
