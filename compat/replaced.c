// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include "compat/message.h"
#include "compat/replaced.h"

/* Ask the kernel about the filter in that place: the id of its program; 0: there is none. */
static __u32 find_old(const struct nlmsghdr *request)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} talk;
	struct rtattr *options, *id = NULL;

	memcpy(&talk, request, request->nlmsg_len);
	talk.header.nlmsg_type = RTM_GETTFILTER;
	talk.header.nlmsg_flags = NLM_F_REQUEST;
	if (!message_ask(&talk.header, sizeof(talk), RTM_NEWTFILTER) ||
	    talk.header.nlmsg_len < NLMSG_SPACE(sizeof(struct tcmsg)))
		return 0;
	options = message_find(&talk.header, sizeof(struct tcmsg), TCA_OPTIONS);
	if (options)
		id = message_find_in(options, TCA_BPF_ID);
	return id && id->rta_len == RTA_LENGTH(sizeof(__u32)) ? *(__u32 *)RTA_DATA(id) : 0;
}

__u32 replaced_prog(const struct nlmsghdr *request)
{
	const struct tcmsg *tc = NLMSG_DATA(request);

	/* Without both the kernel makes a new one. */
	if (!tc->tcm_handle || !(tc->tcm_info >> 16) || request->nlmsg_len > MESSAGE_SIZE)
		return 0;
	return find_old(request);
}
