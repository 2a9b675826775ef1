// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>
#include "bpffs/netlink.h"

/* A dump message can be as long as this (NLMSG_GOODSIZE allows 32 KiB). */
#define ANSWER_SIZE (64 * 1024)

static int open_socket(struct netlink *netlink)
{
	int err, on = 1;

	if (netlink->socket)
		return 0;
	netlink->answer = malloc(ANSWER_SIZE);
	if (!netlink->answer)
		return -ENOMEM;
	netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (netlink->socket && mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) >= 0) {
		/* Without it the kernel answers by a number alone. */
		mnl_socket_setsockopt(netlink->socket, NETLINK_EXT_ACK, &on, sizeof(on));
		return 0;
	}
	err = -errno;
	netlink_close(netlink);
	return err;
}

/* The kernel refused the request, or acknowledged it: nothing follows. */
static bool is_verdict(const struct netlink *netlink, unsigned int seq, ssize_t len)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)netlink->answer;

	return mnl_nlmsg_ok(message, (int)len) && message->nlmsg_type == NLMSG_ERROR &&
	       message->nlmsg_seq == seq;
}

/*
 * single: the answer is one message, which no other follows. *over: nothing of it is left that
 * could be taken for that to the next request.
 */
static int receive(struct netlink *netlink, unsigned int seq, bool single, mnl_cb_t cb, void *arg,
                   bool *over)
{
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	int more = MNL_CB_OK;
	ssize_t len;

	while (more > MNL_CB_STOP) {
		len = mnl_socket_recvfrom(netlink->socket, netlink->answer, ANSWER_SIZE);
		if (len < 0)
			return -errno;
		more = mnl_cb_run(netlink->answer, len, seq, port, cb, arg);
		*over = is_verdict(netlink, seq, len);
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
	bool single = !dump && !(request->nlmsg_flags & NLM_F_ACK), over = false;
	int err = open_socket(netlink);

	if (err)
		return err;
	request->nlmsg_seq = ++netlink->seq;
	request->nlmsg_flags |= NLM_F_REQUEST;
	if (!cb)
		request->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		err = -errno;
	else
		err = receive(netlink, request->nlmsg_seq, single, cb, arg, &over);
	/* What is left of the answer is not to be taken for that of the next request. */
	if (err && !over)
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

/* What the kernel says of a refusal stands behind the request, unless that was left out. */
static void take_words(const struct nlmsghdr *message, struct netlink_change *change)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	unsigned int offset = sizeof(*error);
	const struct nlattr *attr;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&error->msg);
	mnl_attr_for_each(attr, message, offset)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			snprintf(change->words, sizeof(change->words), "%s",
			         mnl_attr_get_str(attr));
	}
}

static int receive_ack(struct netlink *netlink, struct netlink_change *change)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)netlink->answer;
	const struct nlmsgerr *error;
	ssize_t len;

	do
		len = mnl_socket_recvfrom(netlink->socket, netlink->answer, ANSWER_SIZE);
	while (len < 0 && errno == EINTR);
	change->lost = true;
	if (len < 0)
		return -errno;
	if (!mnl_nlmsg_ok(message, (int)len) || message->nlmsg_type != NLMSG_ERROR ||
	    message->nlmsg_seq != netlink->seq ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return -EBADMSG;
	change->lost = false;
	error = mnl_nlmsg_get_payload(message);
	if (error->error)
		take_words(message, change);
	return error->error;
}

int netlink_change(struct netlink *netlink, struct nlmsghdr *request, struct netlink_change *change)
{
	int err = open_socket(netlink);

	memset(change, 0, sizeof(*change));
	if (err)
		return err;
	request->nlmsg_seq = ++netlink->seq;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		err = -errno;
	else
		err = receive_ack(netlink, change);
	/* It may come yet, and is not to be taken for that to the next request. */
	if (change->lost)
		netlink_close(netlink);
	return err;
}
